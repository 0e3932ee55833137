import type { Route } from '../../declare/route/route.ts';
import { bodyReader } from '../read/read-body.ts';
import { type FieldsReader, fieldsReader } from '../read/read-fields.ts';
import { headCheck } from '../respond/declared-heads.ts';
import { responder } from '../respond/respond.ts';
import type { PreparedRoute, RouteEnvironment, Stage } from './passage.ts';
import { stagesOf, stagesOfHandOn } from './stages.ts';

export function prepareRoute(route: Route, environment: RouteEnvironment): PreparedRoute {
  const { plan, template, definition } = route;
  const onHead = plan.fields.filter(
    ({ source }) => source === 'path' || source === 'query' || source === 'header' || source === 'cookie',
  );
  const reader = (early: boolean): FieldsReader | undefined => {
    const fields = onHead.filter((field) => field.early === early);
    return fields.length === 0 ? undefined : fieldsReader(fields, template.wildcard);
  };
  const isStrict = definition.settings.strictContentType ?? true;
  const checkHead = headCheck(route);
  const readers = {
    readEarly: reader(true),
    readRest: reader(false),
    readBody: bodyReader(plan, definition.settings.bodyLimit ?? environment.bodyLimit, environment.uploads, isStrict),
  };
  return {
    ...environment,
    ...readers,
    route,
    counter: environment.requests.of(route.name),
    timeout: definition.settings.timeout,
    stages: stagesOf(plan, { ...readers, checkHead }),
    respond: responder(route),
    checkHead,
  };
}

/** A route with stages of its own, in the place of those of a request that is answered. */
export function prepareStages(
  route: Route,
  environment: RouteEnvironment,
  timeout: number | undefined,
  stages: (prepared: PreparedRoute) => readonly Stage[],
): PreparedRoute {
  const prepared = prepareRoute(route, environment);
  return { ...prepared, timeout, stages: stages(prepared) };
}

/** A route of which nothing but the guards is the app's: `handOn` makes the answer, or has somebody else send one. */
export function prepareHandOn(
  route: Route,
  environment: RouteEnvironment,
  timeout: number | undefined,
  handOn: Stage,
): PreparedRoute {
  return prepareStages(route, environment, timeout, ({ readEarly }) => stagesOfHandOn(route.plan, readEarly, handOn));
}
