import { createRequire } from 'node:module';
import type { FastifyInstance, FastifyServerOptions } from 'fastify';

type Factories = Required<NonNullable<NonNullable<FastifyServerOptions['schemaController']>['compilersFactory']>>;

/** What Fastify keeps about the compilers that it was given. */
interface Controller {
  isCustomValidatorCompiler: boolean;
  isCustomSerializerCompiler: boolean;
}

/**
 * Makes a server whose compilers of JSON Schema, Fastify's own, are loaded for the first schema: routes of plugins have some, the app's
 * have none, and to load the compilers takes most of the time in which an app is made.
 *
 * @param make Makes the server with the options that it is given.
 */
export function withLateCompilers(make: (options: FastifyServerOptions) => FastifyInstance): FastifyInstance {
  const server = make({ schemaController: { compilersFactory: lateFactories() } });
  const controller = controllerOf(server);
  if (controller?.isCustomValidatorCompiler !== true) return make({});
  // Else Fastify would take schemas of headers as they are, and not in lower case.
  controller.isCustomValidatorCompiler = false;
  controller.isCustomSerializerCompiler = false;
  return server;
}

// By its description, as the symbol is not exported.
function controllerOf(server: FastifyInstance): Controller | undefined {
  const key = Object.getOwnPropertySymbols(server).find(
    ({ description }) => description === 'fastify.schemaController',
  );
  return key && (server as unknown as Record<symbol, Controller>)[key];
}

function lateFactories(): Factories {
  const load = createRequire(import.meta.resolve('fastify'));
  let buildValidator: Factories['buildValidator'] | undefined;
  let buildSerializer: Factories['buildSerializer'] | undefined;
  return {
    buildValidator: (...given: Parameters<Factories['buildValidator']>) =>
      (buildValidator ??= load('@fastify/ajv-compiler')())(...given),
    buildSerializer: (...given: Parameters<Factories['buildSerializer']>) =>
      (buildSerializer ??= load('@fastify/fast-json-stringify-compiler')())(...given),
  };
}
