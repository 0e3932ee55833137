import { shown } from '../base/check-values.ts';

/** What to write in place of what an app cannot use; `undefined` where it may be fine. */
export function whyNotUsed(thing: unknown, options: unknown): string | undefined {
  if (typeof thing === 'string') {
    return typeof options === 'function'
      ? `${shown(thing)} is a path; a handler is a route: app.get(${shown(thing)}, handler)`
      : `${shown(thing)} is a path; a router is included: app.include(router, { prefix: ${shown(thing)} })`;
  }
  if (typeof thing === 'function') {
    if (isMiddleware(thing))
      return 'middleware does not run here. Write a dependency, and name it in guards; or take a hook: app.server.addHook("onRequest", …)';
    if (thing.length > 0 || Object.getOwnPropertySymbols(thing).length > 0) return undefined;
    return `${shown(thing)} takes nothing, so it is no Fastify plugin; call it, if it makes what is to be used: app.use(${thing.name || 'make'}())`;
  }
  if (typeof thing !== 'object' || thing === null) return expected;
  if (thing instanceof Promise) return 'it is a promise: await it, app.use((await import(…)).default) for example';
  if (typeof (thing as { default?: unknown }).default === 'function')
    return 'it is a whole module: use its default export, app.use(module.default)';
  return undefined;
}

/** What an app can use, in words. */
export const expected = 'expected a component, a Fastify plugin or something disposable';

// By the names of its parameters: a plugin of Fastify has three as well, and would take (request, response, next) without a word.
function isMiddleware(thing: object): boolean {
  return /^(?:async\s*)?(?:function\b[^(]*)?\(?\s*_?(?:req|request|ctx|context|c)\s*,\s*_?(?:res|response|reply|next)\b/.test(
    Function.prototype.toString.call(thing),
  );
}
