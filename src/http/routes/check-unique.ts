import { CortadoError } from '../../base/error.ts';
import type { Route } from '../../declare/route/route.ts';

/** Refuses a route that no request could tell from one that is there already. */
export function checkUnique(route: Route, others: readonly Route[]): void {
  const { name, template, definition } = route;
  const same = others.find(
    (other) => other.template.form === template.form && other.definition.method === definition.method,
  );
  if (same === undefined) return;
  const what =
    name === same.name
      ? `${name} is declared twice.`
      : `${name} has the same form as ${same.name}, so no request could tell them apart.`;
  throw new CortadoError('CORTADO_ROUTE_DUPLICATE', what);
}
