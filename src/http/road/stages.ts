import type { OutgoingHttpHeaders } from 'node:http';
import { isThenable } from '../../base/is-thenable.ts';
import { withStackLimit } from '../../base/with-stack-limit.ts';
import type { Plan, PlannedAround, PlannedCall } from '../../declare/plan/plan.ts';
import { ValidationError } from '../../inject/validation-error.ts';
import { beginSegment, endSegment, nextSegment, passSegment } from '../../loop/measure/segment.ts';
import type { Issue, Loc } from '../../schema/issues/issue.ts';
import type { Answer } from '../respond/answer.ts';
import { webAnswer } from '../respond/web.ts';
import { gatherBody } from './gather-body.ts';
import { calledTwice, OutsideRun } from './outside-run.ts';
import type { Passage, PreparedRoute, Stage } from './passage.ts';

/** The road of a route's requests, up to the answer: of all stages those that it needs. */
export function stagesOf(
  plan: Plan,
  {
    readEarly,
    readRest,
    readBody,
    checkHead,
  }: Pick<PreparedRoute, 'readEarly' | 'readRest' | 'readBody' | 'checkHead'>,
): readonly Stage[] {
  const isGuarded = plan.guards.length > 0;
  const isAround = plan.outside.length > 0;
  return [
    ...(readEarly ? [readForGuards] : []),
    ...(isAround ? [openForOutside, enterOutside] : []),
    ...(isGuarded ? [runGuards] : []),
    ...(readEarly ? [refuseInvalid] : []),
    ...(readRest ? [readFields] : []),
    ...(readBody ? [gatherBody, takeBody] : []),
    ...(readRest || readBody ? [refuseInvalid] : []),
    ...(plan.calls.length > 0 ? [openDependencies] : []),
    plan.inside.length > 0 ? callThrough : callHandler,
    makeAnswer,
    ...(checkHead ? [checkDeclaredHead] : []),
  ];
}

/** The road of requests that are handed on once the guards have let them in. */
export function stagesOfHandOn(plan: Plan, readEarly: PreparedRoute['readEarly'], handOn: Stage): readonly Stage[] {
  return [
    ...(readEarly ? [readForGuards] : []),
    ...(plan.guards.length > 0 ? [runGuards] : []),
    ...(readEarly ? [refuseInvalid] : []),
    (passage) => {
      passage.scope.phase = 'handler';
      return handOn(passage, undefined);
    },
  ];
}

export function readForGuards({ prepared, request, context, scope, issues }: Passage): Promise<void> | undefined {
  return prepared.readEarly!(request, context, scope.values, issues);
}

function openForOutside({ prepared, scope }: Passage): Promise<void> | undefined {
  const { outsideCalls } = prepared.route.plan;
  return outsideCalls.length === 0 ? undefined : scope.run(outsideCalls);
}

// One whose own inputs are wrong does not run: the request is a 422, once the guards have had their say.
async function enterOutside(passage: Passage): Promise<void> {
  const { prepared, issues } = passage;
  const sound = soundArounds(prepared.route.plan, issues);
  passage.outside = new OutsideRun();
  const response = await passage.outside.enter(sound, passage);
  if (response !== undefined) passage.instead = await webAnswer(response);
}

// A guard whose own inputs are fine has its say first: who may not enter need not learn what else is wrong.
export function runGuards({ prepared, scope, issues }: Passage): Promise<void> | undefined {
  const { plan } = prepared.route;
  return scope.run(issues.length === 0 ? plan.guards : soundGuards(plan, issues));
}

export function readFields({ prepared, request, context, scope, issues }: Passage): Promise<void> | undefined {
  return prepared.readRest!(request, context, scope.values, issues);
}

function takeBody(passage: Passage, gathered: unknown): unknown {
  const { prepared, request, scope, issues } = passage;
  const began = beginSegment();
  const body = prepared.readBody!.take(gathered, request, scope.values, issues);
  if (body instanceof Promise || issues.length > 0 || prepared.route.plan.calls.length > 0) endSegment(began, 'input');
  else passage.began = nextSegment(began, 'input');
  return body;
}

export function refuseInvalid({ prepared, issues }: Passage, body: unknown): void {
  // Nothing of its stack is the app's, and it would cost as much as a small request.
  if (issues.length > 0) throw withStackLimit(0, () => new ValidationError(prepared.route.name, issues, body));
}

function openDependencies({ prepared, scope }: Passage): Promise<void> | undefined {
  return scope.run(prepared.route.plan.calls);
}

function callHandler(passage: Passage): unknown {
  const { prepared, context, scope } = passage;
  const { definition, plan } = prepared.route;
  scope.phase = 'handler';
  const began = passage.began ?? beginSegment();
  const returned = definition.handler(scope.arguments(plan.bindings) as never, context as never);
  const ended = passSegment(began, 'handler');
  // A query of a model is awaited like a promise without being one.
  const waits = returned instanceof Promise || isThenable(returned);
  passage.began = waits ? undefined : ended;
  return waits ? Promise.resolve(returned) : returned;
}

/** Calls the handler through the functions right around it. */
async function callThrough(passage: Passage): Promise<unknown> {
  const { prepared, scope, context } = passage;
  const { inside } = prepared.route.plan;
  const callAt = async (at: number): Promise<unknown> => {
    const planned = inside[at];
    if (planned === undefined) return callHandler(passage);
    const { around, bindings } = planned;
    let calls = 0;
    const next = async (): Promise<unknown> => {
      if (++calls > 1) throw calledTwice(around.name);
      return callAt(at + 1);
    };
    scope.phase = 'around';
    scope.step = around.name;
    const began = beginSegment();
    const returned = around.run(scope.arguments(bindings) as never, context as never, next as never);
    endSegment(began, 'around');
    return returned;
  };
  const value = await callAt(0);
  passage.began = undefined;
  return value;
}

function makeAnswer({ prepared, began }: Passage, returned: unknown): unknown {
  return prepared.respond(returned, began);
}

// Before the dependencies close: an answer that is not as declared commits nothing.
function checkDeclaredHead({ prepared, reply }: Passage, made: unknown): unknown {
  const answer = made as Answer;
  const status = answer.status ?? reply.statusCode;
  if (status < 200 || status > 299) return answer;
  const waiting = prepared.checkHead!(answer, reply.getHeaders() as OutgoingHttpHeaders);
  return waiting === undefined ? answer : waiting.then(() => answer);
}

/** The guards, and what they ask for, of which no input is among `issues`. As in FastAPI, one bad input holds up only who asked for it. */
export function soundGuards(plan: Plan, issues: readonly Issue[]): PlannedCall[] {
  const unsound = unsoundSlots(plan, issues);
  return plan.guards.filter((call) => {
    if (!call.bindings.some(({ slot }) => unsound.has(slot))) return true;
    unsound.add(call.slot);
    return false;
  });
}

/** The functions around of which no input is among `issues`. */
export function soundArounds(plan: Plan, issues: readonly Issue[]): PlannedAround[] {
  const unsound = unsoundSlots(plan, issues);
  return plan.outside.filter(({ bindings }) => !bindings.some(({ slot }) => unsound.has(slot)));
}

/** The slots of early inputs that are among `issues`. */
function unsoundSlots({ fields }: Plan, issues: readonly Issue[]): Set<number> {
  const unsound = new Set<number>();
  for (const { early, loc, slot } of fields)
    if (early && issues.some((issue) => isBelow(issue.loc, loc))) unsound.add(slot);
  return unsound;
}

function isBelow(inner: Loc, outer: Loc): boolean {
  return outer.every((step, index) => inner[index] === step);
}
