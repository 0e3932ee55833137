import { createRequire } from 'node:module';
import type { FastifyInstance, FastifyServerOptions } from 'fastify';
import type { FastPath } from './fast-paths.ts';

type Factories = Required<NonNullable<NonNullable<FastifyServerOptions['schemaController']>['compilersFactory']>>;

/** What Fastify keeps about the compilers that it was given. */
interface Controller {
  readonly isCustomValidatorCompiler: boolean;
  readonly isCustomSerializerCompiler: boolean;
}

/**
 * Fastify's compilers of JSON Schema are loaded for the first schema: routes of plugins have some, the app's have none. Factories of compilers
 * are documented; that they are not taken for ones that do otherwise than Fastify's is said to the controller behind an instance, by fields of
 * a symbol that is not exported. Else Fastify would take schemas of headers as they are, and not in lower case. Seen with Fastify 5.12. Worth
 * 45 of the 50 ms in which an app is made.
 */
export const lateCompilers: FastPath<FastifyInstance> = {
  name: 'late compilers',
  of: 'Fastify',
  majors: [5],
  lacks: (server) => {
    const controller = controllerOf(server);
    if (controller === undefined) return 'an instance has no fastify.schemaController';
    const isMarked = controller.isCustomValidatorCompiler === true && controller.isCustomSerializerCompiler === true;
    return isMarked ? undefined : 'the schemaController does not mark factories';
  },
};

/** Options of a server whose compilers come late. */
export function lateFactories(): Pick<FastifyServerOptions, 'schemaController'> {
  const load = createRequire(import.meta.resolve('fastify'));
  let buildValidator: Factories['buildValidator'] | undefined;
  let buildSerializer: Factories['buildSerializer'] | undefined;
  const compilersFactory: Factories = {
    buildValidator: (...given: Parameters<Factories['buildValidator']>) =>
      (buildValidator ??= load('@fastify/ajv-compiler')())(...given),
    buildSerializer: (...given: Parameters<Factories['buildSerializer']>) =>
      (buildSerializer ??= load('@fastify/fast-json-stringify-compiler')())(...given),
  };
  return { schemaController: { compilersFactory } };
}

/** Has a server with such options take them for its own. */
export function takeForOwn(server: FastifyInstance): void {
  Object.assign(controllerOf(server)!, { isCustomValidatorCompiler: false, isCustomSerializerCompiler: false });
}

// By its description, as the symbol is not exported.
function controllerOf(server: FastifyInstance): Controller | undefined {
  const key = Object.getOwnPropertySymbols(server).find(
    ({ description }) => description === 'fastify.schemaController',
  );
  return key && (server as unknown as Record<symbol, Controller>)[key];
}
