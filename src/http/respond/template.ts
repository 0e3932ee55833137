import { checkOptions } from '../../base/check-options.ts';
import { object, whole } from '../../base/check-values.ts';
import { CortadoError } from '../../base/error.ts';
import type { RequestContext } from '../request/context.ts';
import { type AnswerInit, html } from './web.ts';

/** A server with `@fastify/view`. */
interface Viewing {
  readonly view?: (page: string, data: object) => Promise<string> | string;
}

/**
 * Makes an answer of a template, rendered by the engine that `@fastify/view` was given: FastAPI's `TemplateResponse`. Besides its data the template
 * has `urlFor(route, inputs)`, and `path`, the template of the route that the request came to.
 *
 * @param context The context of the request.
 * @param page The template's file, below the `root` of `@fastify/view`.
 * @param data What the template shows. Engines escape it where they are told to, as Eta does by itself.
 * @param init Status and headers of the answer.
 * @throws CortadoError `CORTADO_LIFECYCLE` where the app does not use `@fastify/view`; and what the engine throws.
 * @example
 * ```ts
 * app.use(view, { engine: { eta: new Eta({ views: 'templates' }) }, root: 'templates' });
 * app.get('/items/{id}', { params: { id: z.int() } }, ({ id }, ctx) => template(ctx, 'item.eta', { id }));
 * ```
 */
export async function template(
  context: RequestContext,
  page: string,
  data: Readonly<Record<string, unknown>> = {},
  init: AnswerInit = {},
): Promise<Response> {
  checkOptions('template()', init, { status: whole(200, '', 599), headers: object });
  const server = context.request.server as Viewing;
  if (typeof server.view !== 'function')
    throw new CortadoError(
      'CORTADO_LIFECYCLE',
      `template(): ${page} needs an engine: install @fastify/view, and write app.use(view, { engine: { … } }).`,
    );
  const urlFor: RequestContext['urlFor'] = (endpoint, ...args) => context.urlFor(endpoint, ...args);
  return html(await server.view(page, { path: context.path, urlFor, ...data }), init);
}
