import { shown } from '../../base/check-values.ts';
import { isDependency } from '../../declare/dependency.ts';
import { component } from '../../inject/component.ts';
import { appMark } from './app-mark.ts';

interface Class {
  readonly name: string;
  readonly prototype: object;
}

type Members = Readonly<Record<PropertyKey, unknown>>;

/**
 * What was handed to `app.use`, `app.include` or `router.include` and does not belong there: what it is, and what to write.
 *
 * @param owner What it was handed to.
 */
export function misuseOf(owner: string, thing: unknown, options?: unknown): string | undefined {
  if (typeof thing === 'string') return misuseOfPath(thing, options);
  if ((typeof thing !== 'object' && typeof thing !== 'function') || thing === null) return undefined;
  const members = thing as Members;
  const has = (...names: readonly string[]): boolean => names.every((name) => typeof members[name] === 'function');
  if (appMark in thing)
    return "an App is mounted: app.mount('/prefix', other). Routes that are to be this app's own go on a Router: app.include(router).";
  if (has('register', 'addHook', 'decorate'))
    return 'a Fastify instance serves by itself: give the plugin function that adds its routes, app.use(async (server) => { … }).';
  if (has('then')) return `it is a promise: await it, ${owner}((await import(…)).default) for example.`;
  if (isClass(thing)) return misuseOfClass(thing as unknown as Class);
  if (component in thing) return 'a component, a database or a queue for example, is used: app.use(component).';
  if (isDependency(thing)) {
    if (owner === 'app.use' && thing.scope === 'app') return undefined;
    return "a dependency is named where it is needed: in params, or in guards, new App({ guards: [dependency] }) for all routes. One that is there for the whole app is used: dependency(fn, { scope: 'app' }).";
  }
  if (typeof thing === 'function' && has('handle', 'use'))
    return "an Express or Connect app is mounted: app.mount('/prefix', other).";
  if (has('~target')) return "a service elsewhere is mounted: app.mount('/prefix', proxy(url)).";
  if (typeof thing === 'function') return misuseOfFunction(owner, thing as (...args: never) => unknown);
  if (has('fetch')) return "an app that is a fetch handler is mounted: app.mount('/prefix', other).";
  if (
    typeof members['default'] === 'function' ||
    (typeof members['default'] === 'object' && members['default'] !== null)
  )
    return `it is a whole module: use its default export, ${owner}(module.default).`;
  return undefined;
}

function misuseOfClass({ name, prototype }: Class): string {
  if ('include' in prototype && 'routes' in prototype)
    return `${name} is a class: make one, app.include(new ${name}()).`;
  if (component in prototype) return `${name} is a class: make one, app.use(new ${name}()).`;
  return `${name} is a class, and no Fastify plugin. Make one, where it is a component or disposable: app.use(new ${name}()).`;
}

function misuseOfPath(path: string, options: unknown): string {
  return typeof options === 'function'
    ? `${shown(path)} is a path; a handler is a route: app.get(${shown(path)}, handler).`
    : `${shown(path)} is a path; a router is included: app.include(router, { prefix: ${shown(path)} }).`;
}

function misuseOfFunction(owner: string, given: (...args: never) => unknown): string | undefined {
  const source = Function.prototype.toString.call(given);
  if (isMiddleware.test(source))
    return 'middleware does not run here. Write a dependency, and name it in guards; or take a hook: app.server.addHook("onRequest", …). What answers by itself is mounted: app.mount("/prefix", handler).';
  if (isFetchHandler.test(source))
    return `${shown(given)} takes a request, as a fetch handler does: mount it, app.mount('/prefix', ${given.name || 'handler'}).`;
  if (owner !== 'app.use') return `${shown(given)} is no Router: a Fastify plugin is used, app.use(plugin).`;
  if (given.length > 0 || Object.getOwnPropertySymbols(given).length > 0) return undefined;
  return `${shown(given)} takes nothing, so it is no Fastify plugin; call it, if it makes what is to be used: app.use(${given.name || 'make'}()).`;
}

// By the names of their parameters: a plugin of Fastify has three as well, and would take (request, response, next) without a word.
const start = /^(?:async\s*)?(?:function\b[^(]*)?\(?\s*_?/.source;
const isMiddleware = new RegExp(`${start}(?:req|request|ctx|context|c)\\s*,\\s*_?(?:res|response|reply|next)\\b`);
const isFetchHandler = new RegExp(`${start}(?:req|request)\\b`);

function isClass(value: object): boolean {
  return typeof value === 'function' && /^class\b/.test(Function.prototype.toString.call(value));
}

/** What an app can use, in words. */
export const expected = 'expected a component, a Fastify plugin or something disposable';
