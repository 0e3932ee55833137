import { CortadoError } from '../base/error.ts';
import { parsePath } from '../declare/path-template.ts';
import { planFunction } from '../declare/plan.ts';
import type { Route, RouteDefinition } from '../declare/route.ts';
import type { Container } from '../inject/container.ts';
import { describeSchema } from '../schema/describe-schema.ts';

const bodiless: readonly string[] = ['GET', 'HEAD'];

/** Plans a route: its template, its inputs and its answer. Throws where they do not fit together. */
export function planRoute(definition: RouteDefinition, container: Container, coerceBody: boolean): Route {
  const name = `${definition.method} ${definition.path}`;
  const template = parsePath(definition.path);
  const { settings, response } = definition;
  const plan = planFunction({
    owner: name,
    params: definition.params,
    guards: settings.guards ?? [],
    pathNames: template.names,
    coerceBody: settings.coerceBody ?? coerceBody,
    substitute: container.substitute,
  });
  const body = plan.fields.find(({ source }) => source === 'body' || source === 'form' || source === 'file');
  if (body !== undefined && bodiless.includes(definition.method)) {
    throw new CortadoError(
      'CORTADO_PARAM_INVALID',
      `${name}: "${body.name}" would come from the body, but ${definition.method} has none. Use query(), or another method.`,
    );
  }
  container.declare(plan);
  const output = response && describeSchema(response, 'output', `${name}: response`);
  return { definition, name, template, plan, status: settings.status ?? 200, output };
}
