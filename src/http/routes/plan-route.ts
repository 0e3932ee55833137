import { CortadoError, invalidOption } from '../../base/error.ts';
import type { Around } from '../../declare/around.ts';
import type { Plan } from '../../declare/plan/plan.ts';
import { planFunction } from '../../declare/plan/plan-function.ts';
import { parsePath } from '../../declare/route/path-template.ts';
import type { Route, RouteDefinition, RouteSettings } from '../../declare/route/route.ts';
import type { Container } from '../../inject/container.ts';
import { describeSchema } from '../../schema/describe-schema.ts';
import { withoutExcluded } from '../../schema/json/leave-out.ts';

const bodiless: readonly string[] = ['GET', 'HEAD'];

/** What the app says of the inputs of all its routes. */
export interface InputRules {
  readonly coerceBody: boolean;
  readonly forbidExtra: boolean;
  /** Whether query strings are read in a way of the app's own, which may make objects of them. */
  readonly nestedQuery: boolean;
}

/** Plans a route: its template, its inputs and its answer. Throws where they do not fit together. */
export function planRoute(definition: RouteDefinition, container: Container, rules: InputRules): Route {
  const name = `${definition.method} ${definition.path}`;
  const template = parsePath(definition.path);
  const { settings, response } = definition;
  const plan = planFunction({
    owner: name,
    params: definition.params,
    guards: settings.guards ?? [],
    around: settings.around ?? [],
    pathNames: template.names,
    coerceBody: settings.coerceBody ?? rules.coerceBody,
    forbidExtra: settings.forbidExtra ?? rules.forbidExtra,
    nestedQuery: rules.nestedQuery,
    substitute: container.substitute,
  });
  refuseBody(definition, plan);
  container.declare(plan);
  const described = response && describeSchema(response, 'output', `${name}: response`);
  const excluded = new Set([settings.exclude ?? []].flat());
  if (excluded.size > 0 && described === undefined)
    throw invalidOption(`${name}: exclude leaves members out of what response describes, and it has no such schema.`);
  const output = described && excluded.size > 0 ? withoutExcluded(described, excluded) : described;
  return { definition, name, template, plan, status: settings.status ?? 200, output };
}

/** Plans functions that stand around what is no route of the app. */
export function planArounds(around: readonly Around[], container: Container): Plan {
  const { substitute } = container;
  const plan = planFunction({ owner: 'what is no route of the app', params: {}, around, substitute });
  container.declare(plan);
  return plan;
}

/** Plans guards that stand before what is no route of the app. */
export function planGuards(owner: string, guards: RouteSettings['guards'], container: Container): Plan {
  const { substitute } = container;
  const plan = planFunction({ owner, params: {}, guards: guards ?? [], substitute });
  container.declare(plan);
  return plan;
}

/** Throws where a route reads or documents a body that its method does not have. */
export function refuseBody({ method, path, settings }: RouteDefinition, { fields }: Plan): void {
  if (!bodiless.includes(method)) return;
  const name = `${method} ${path}`;
  const body = fields.find(({ source }) => source === 'body' || source === 'form' || source === 'file');
  if (body !== undefined)
    throw new CortadoError(
      'CORTADO_PARAM_INVALID',
      `${name}: "${body.name}" would come from the body, but ${method} has none. Use query(), or another method.`,
    );
  if (settings.requestBody !== undefined)
    throw invalidOption(`${name}: it has a requestBody, but ${method} has no body.`);
}
