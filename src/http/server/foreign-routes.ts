import type { FastifyInstance, onRequestAsyncHookHandler, RouteOptions } from 'fastify';
import type { Logger } from '../../base/logger.ts';
import type { AnswerHooks } from '../fast/answer-hooks.ts';

/** The routes of plugins, and which of them stand behind guards of the app. */
export class ForeignRoutes {
  readonly #all: RouteOptions[] = [];
  readonly #guarded = new Set<RouteOptions>();

  /** Takes note of them from now on. */
  watch(server: FastifyInstance): void {
    server.addHook('onRoute', (route) => {
      if (route.config?.cortado === undefined) this.#all.push(route);
    });
  }

  /** Takes note that those of a scope stand behind a hook, which is added to it. */
  guard(scope: FastifyInstance, hook: onRequestAsyncHookHandler, hooks: AnswerHooks | undefined): void {
    const add = (): void => {
      scope.addHook('onRoute', (route) => void this.#guarded.add(route));
      scope.addHook('onRequest', hook);
    };
    // The answers of the app's own routes are none of its business.
    if (hooks === undefined) add();
    else hooks.quietly(add);
  }

  /** Names those that no guard stands before, in an app that has some for all its routes. */
  nameOpen(log: Logger): void {
    const open = this.#all.filter((route) => !this.#guarded.has(route)).flatMap(namesOf);
    if (open.length === 0) return;
    const shown = open.length > 10 ? `${open.slice(0, 10).join(', ')} and ${open.length - 10} more` : open.join(', ');
    log.warn(
      { routes: open },
      `the guards of the app do not stand before routes of plugins, ${shown}: use the plugin behind them, app.use(plugin, options, { guards: [] })`,
    );
  }
}

// HEAD comes with GET, and what a browser asks before it sends credentials must be open.
const apart: readonly string[] = ['HEAD', 'OPTIONS'];

function namesOf({ method, url }: RouteOptions): string[] {
  return [method].flat().flatMap((one) => (apart.includes(one) ? [] : [`${one} ${url}`]));
}
