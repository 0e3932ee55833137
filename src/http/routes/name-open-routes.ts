import type { Logger } from '../../base/logger.ts';
import type { Route } from '../../declare/route/route.ts';
import type { ComponentParts } from '../../inject/component.ts';

/** Names the routes of `parts` that no guard stands before, one line for each of the parts. */
export function nameOpenRoutes(log: Logger, parts: readonly ComponentParts[], planned: readonly Route[]): void {
  for (const { name, routes = [], unguarded } of parts) {
    const own = new Set(routes.map(({ handler }) => handler));
    const open = planned.filter(({ definition, plan }) => own.has(definition.handler) && plan.guards.length === 0);
    const names = open.map((route) => route.name);
    if (names.length === 0) continue;
    log.warn({ component: name, routes: names }, `no guard stands before ${names.join(', ')}: ${unguarded}`);
  }
}
