import { CortadoError, invalidOption } from '../../../base/error.ts';
import { body } from '../../../declare/param.ts';
import type { Plan, PlannedCall, PlanOptions } from '../../../declare/plan/plan.ts';
import { planFunction } from '../../../declare/plan/plan-function.ts';
import { parsePath } from '../../../declare/route/path-template.ts';
import { type SocketFormats, socketFrames } from '../../../declare/route/socket-format.ts';
import type { PlannedMessages, SocketDefinition, SocketRoute } from '../../../declare/socket/socket.ts';
import type { Container } from '../../../inject/container.ts';
import { describeSchema } from '../../../schema/describe-schema.ts';
import { kindNames } from '../../../schema/json/message-kinds.ts';
import { isSchema } from '../../../schema/standard.ts';
import type { InputRules } from '../../routes/plan-route.ts';
import { keepApart } from './carried.ts';

/**
 * Plans a socket: what its connection asks for, and what each of its messages does.
 *
 * @throws CortadoError where they do not fit together, naming the culprit.
 */
export function planSocket(definition: SocketDefinition, container: Container, rules: InputRules): SocketRoute {
  const name = `SOCKET ${definition.path}`;
  const template = parsePath(definition.path);
  const { settings, socket } = definition;
  const { client } = socket.settings;
  const options: Omit<PlanOptions, 'params'> = {
    owner: name,
    pathNames: template.names,
    coerceBody: settings.coerceBody ?? rules.coerceBody,
    forbidExtra: settings.forbidExtra ?? rules.forbidExtra,
    nestedQuery: rules.nestedQuery,
    substitute: container.substitute,
  };
  const guards = [...(settings.guards ?? []), ...(client === undefined ? [] : [client])];
  const plan = planFunction({ ...options, params: definition.params, guards });
  const whole = planFunction({ ...options, params: socket.each, sharesPath: true });
  for (const one of [plan, whole]) refuseBody(name, one);
  refuseHolding(name, plan);
  if ('message' in socket.each)
    throw invalidOption(`${name}: each has a member "message", which is what the message itself comes as.`);
  const { each, carried } = keepApart(whole, plan);
  container.declare(plan);
  container.declare(each);
  return {
    definition,
    name,
    template,
    plan,
    status: 101,
    output: undefined,
    each,
    carried,
    incoming: planMessages(`${name}: incoming`, socket.incoming, 'input', options),
    outgoing: planMessages(`${name}: outgoing`, socket.outgoing, 'output', options),
  };
}

function planMessages(
  owner: string,
  formats: SocketFormats,
  direction: 'input' | 'output',
  options: Omit<PlanOptions, 'params'>,
): PlannedMessages {
  const frames = socketFrames(owner, formats);
  const { text } = frames;
  if (!isSchema(text)) return { frames, field: undefined, json: undefined, kinds: undefined };
  if (direction === 'output') {
    const json = describeSchema(text, 'output', owner);
    return { frames, field: undefined, json, kinds: kindNames(json) };
  }
  // As the JSON body of a route, with all that the app says of those.
  const { fields } = planFunction({ ...options, owner, params: { message: body(text) }, sharesPath: true });
  const { field } = fields[0]!;
  return { frames, field, json: field.json, kinds: kindNames(field.json) };
}

function refuseBody(name: string, { fields }: Plan): void {
  const found = fields.find(({ source }) => source === 'body' || source === 'form' || source === 'file');
  if (found === undefined) return;
  throw new CortadoError(
    'CORTADO_PARAM_INVALID',
    `${name}: "${found.name}" would come from a body, and a handshake has none. What a client sends later is incoming; use query() for this, or header().`,
  );
}

// For as long as a client stays it would keep a connection of the database, or the turn to write.
function refuseHolding(name: string, { calls, guards, bindings }: Plan): void {
  const holding = new Map(
    [...guards, ...calls].flatMap(({ dependency, slot }) =>
      dependency.holds === undefined ? [] : [[slot, dependency] as const],
    ),
  );
  const direct = bindings.find(({ slot }) => holding.has(slot));
  if (direct !== undefined)
    throw held(
      name,
      `"${direct.name}" would hold ${holding.get(direct.slot)!.holds} for as long as the client stays. Open one for each message: each: { ${direct.name}: … }.`,
    );
  const asking = calls.find((call: PlannedCall) => call.bindings.some(({ slot }) => holding.has(slot)));
  if (asking === undefined) return;
  const { holds } = holding.get(asking.bindings.find(({ slot }) => holding.has(slot))!.slot)!;
  throw held(
    name,
    `the dependency "${asking.dependency.name}" would hold ${holds} for as long as the client stays. Make it one of the guards, which are over when the socket opens, or open one for each message, in each.`,
  );
}

function held(name: string, why: string): CortadoError {
  return new CortadoError('CORTADO_DEPENDENCY_SCOPE', `${name}: ${why}`);
}
