import type { Route } from '../../declare/route/route.ts';
import type { Container } from '../../inject/container.ts';
import type { ErrorExit } from '../errors/answer-to.ts';
import { type BodyReader, bodyReader } from '../read/read-body.ts';
import { type FieldsReader, fieldsReader } from '../read/read-fields.ts';
import type { OpenRequests, ScopeCounter } from '../request/open-requests.ts';
import { type Responder, responder } from '../respond/respond.ts';

/** What all routes of an app share while it runs. */
export interface RouteEnvironment extends ErrorExit {
  readonly container: Container;
  readonly bodyLimit: number;
  /** Milliseconds that a client may take nothing of its answer. */
  readonly sendTimeout: number;
  readonly requests: OpenRequests;
}

/** A route with all that its requests walk through, compiled once. */
export interface PreparedRoute extends RouteEnvironment {
  readonly route: Route;
  readonly counter: ScopeCounter;
  /** Milliseconds that the handler may take. */
  readonly timeout: number | undefined;
  /** Whether guards or dependencies stand before the handler. */
  readonly waits: boolean;
  /** Reads what guards ask for; `undefined` when there are no guards. */
  readonly readEarly: FieldsReader | undefined;
  readonly readRest: FieldsReader | undefined;
  readonly readBody: BodyReader | undefined;
  readonly respond: Responder;
}

/** Compiles a planned route. */
export function prepareRoute(route: Route, environment: RouteEnvironment): PreparedRoute {
  const { plan, template, definition } = route;
  const onHead = plan.fields.filter(
    ({ source }) => source === 'path' || source === 'query' || source === 'header' || source === 'cookie',
  );
  const reader = (early: boolean): FieldsReader | undefined => {
    const fields = onHead.filter((field) => field.early === early);
    return fields.length === 0 ? undefined : fieldsReader(fields, template.wildcard);
  };
  return {
    ...environment,
    route,
    counter: environment.requests.of(route.name),
    timeout: definition.settings.timeout,
    waits: plan.guards.length > 0 || plan.calls.length > 0,
    readEarly: reader(true),
    readRest: reader(false),
    readBody: bodyReader(plan, definition.settings.bodyLimit ?? environment.bodyLimit),
    respond: responder(route),
  };
}
