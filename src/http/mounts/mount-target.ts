import { shown } from '../../base/check-values.ts';
import { invalidOption } from '../../base/error.ts';
import { appMark } from '../routes/app-mark.ts';
import { type AppMount, appTarget } from './app-target.ts';
import { type FetchHandler, fetchTarget } from './fetch-target.ts';
import type { MountableApp } from './inner-app.ts';
import { type NodeHandler, nodeTarget } from './node-target.ts';
import type { Target, TargetMaker } from './target.ts';

/** An object with a fetch handler, as the apps of Hono and its like are. */
export interface FetchApp {
  readonly fetch: (request: Request) => Response | Promise<Response>;
}

/** What can be mounted in an app. */
export type Mounted = MountableApp | TargetMaker | FetchApp | FetchHandler | NodeHandler;

/**
 * What requests of a mount are handed on to, by what was mounted.
 *
 * @throws CortadoError `CORTADO_OPTION_INVALID`.
 */
export function mountTarget(other: unknown, owner: string, isHttp2: boolean, mount: Omit<AppMount, 'app'>): Target {
  const { bodyLimit } = mount.environment;
  const members = (other ?? {}) as Readonly<Record<PropertyKey, unknown>>;
  const has = (...names: readonly string[]): boolean => names.every((name) => typeof members[name] === 'function');
  const isObject = (typeof other === 'object' || typeof other === 'function') && other !== null;
  if (isObject && appMark in other) return appTarget({ ...mount, app: other as unknown as MountableApp });
  if (has('~target')) return (other as TargetMaker)['~target']();
  if (typeof other === 'function' && has('handle', 'use')) {
    if (isHttp2)
      throw invalidOption(
        `${owner}: Express and Connect do not speak HTTP/2, which this app serves; leave out server: { http2: true }.`,
      );
    return nodeTarget(other as NodeHandler, true);
  }
  if (has('register', 'addHook', 'decorate'))
    throw invalidOption(
      `${owner}: a Fastify instance is not mounted; give the plugin function that adds its routes, app.use(async (server) => { … }).`,
    );
  if (has('fetch')) return fetchTarget((request) => (other as FetchApp).fetch(request), bodyLimit);
  if (has('include', 'routes'))
    throw invalidOption(`${owner}: a Router is included: app.include(router, { prefix: … }).`);
  if (typeof other === 'function' && !/^class\b/.test(Function.prototype.toString.call(other)))
    return other.length > 1 ? nodeTarget(other as NodeHandler, false) : fetchTarget(other as FetchHandler, bodyLimit);
  throw invalidOption(
    `${owner}: expected an App, a fetch handler, an Express or Connect app, or proxy(url), not ${shown(other)}.`,
  );
}
