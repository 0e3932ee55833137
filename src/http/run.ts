import type { FastifyReply, FastifyRequest } from 'fastify';
import { runInFrame } from '../concurrency/frame.ts';
import { success } from '../inject/close.ts';
import { Scope } from '../inject/scope.ts';
import { ValidationError } from '../inject/validation-error.ts';
import { beginSegment, passSegment } from '../loop/segment.ts';
import type { Issue } from '../schema/issue.ts';
import { RequestContext } from './context.ts';
import { finish, leave } from './finish.ts';
import { limitTime } from './limit-time.ts';
import type { Passage } from './passage.ts';
import type { PreparedRoute } from './prepared-route.ts';
import type { Answer } from './respond/answer.ts';
import { soundGuards } from './sound-guards.ts';

/**
 * The road of a request: early fields ▸ guards ▸ all other fields and the body ▸ dependencies ▸ handler ▸ answer ▸ dependencies close ▸
 * bytes. Each stage returns here; none calls another.
 */
export function run(prepared: PreparedRoute, request: FastifyRequest, reply: FastifyReply, isUnhooked: boolean): void {
  const context = new RequestContext(request, reply, prepared.route, prepared.open);
  const scope = new Scope(prepared.container, prepared.route.plan, context);
  prepared.counter.scopes++;
  // First, so that the handler's `ctx.setStatus` and an error's own status win.
  if (prepared.route.status !== 200) reply.code(prepared.route.status);
  const passage: Passage = { prepared, request, reply, context, scope, isUnhooked };
  if (prepared.timeout !== undefined) limitTime(passage, prepared.timeout);
  walk(passage);
}

// Code of the app runs in the request's frame; what sends bytes does not. Node's timer of an idle connection keeps the frame that it was
// set in: it would hold all of a request until the connection's next one, which costs memory, and a tenth of the time in collecting it.
// A promise costs more than all that a simple request does here, so one is made only from the first stage on that has to wait.
function walk(passage: Passage): void {
  let answer: Answer | Promise<Answer>;
  try {
    answer = runInFrame(passage.scope, proceed, passage);
  } catch (error) {
    void finish(passage, noAnswer, { failed: true, error });
    return;
  }
  if (answer instanceof Promise) void walkOn(passage, answer);
  else if (!leave(passage, answer)) void finish(passage, answer, success);
}

async function walkOn(passage: Passage, coming: Promise<Answer>): Promise<void> {
  let answer: Answer;
  try {
    answer = await coming;
  } catch (error) {
    return finish(passage, noAnswer, { failed: true, error });
  }
  if (!leave(passage, answer)) await finish(passage, answer, success);
}

const noAnswer: Answer = { status: 500, headers: {}, body: undefined };

function proceed(passage: Passage): Answer | Promise<Answer> {
  const { prepared, request, context, scope } = passage;
  if (prepared.waits) return proceedWaiting(passage);
  const issues: Issue[] = [];
  const rest = prepared.readRest?.(request, context, scope.values, issues);
  return rest === undefined ? proceedToBody(passage, issues) : proceedAfter(rest, passage, issues);
}

// These wait in functions of their own: V8 makes a context for each call of a function with a closure, needed or not.
async function proceedAfter(reading: Promise<void>, passage: Passage, issues: Issue[]): Promise<Answer> {
  await reading;
  return proceedToBody(passage, issues);
}

async function handleAfter(reading: Promise<unknown>, passage: Passage, issues: Issue[]): Promise<Answer> {
  return handle(passage, issues, await reading);
}

function proceedToBody(passage: Passage, issues: Issue[]): Answer | Promise<Answer> {
  const { prepared, request, scope } = passage;
  const reading = prepared.readBody?.(request, scope.values, issues);
  return reading === undefined ? handle(passage, issues, undefined) : handleAfter(reading, passage, issues);
}

async function proceedWaiting(passage: Passage): Promise<Answer> {
  const { prepared, request, context, scope } = passage;
  const { route, readEarly, readRest, readBody } = prepared;
  const { plan } = route;
  const issues: Issue[] = [];
  if (plan.guards.length > 0) {
    const early = readEarly?.(request, context, scope.values, issues);
    if (early !== undefined) await early;
    // A guard whose own inputs are fine has its say first: who may not enter need not learn what else is wrong.
    await scope.run(issues.length === 0 ? plan.guards : soundGuards(plan, issues));
    if (issues.length > 0) throw new ValidationError(route.name, issues);
  }
  const rest = readRest?.(request, context, scope.values, issues);
  if (rest !== undefined) await rest;
  const body = readBody === undefined ? undefined : await readBody(request, scope.values, issues);
  if (issues.length === 0 && plan.calls.length > 0) await scope.run(plan.calls);
  return handle(passage, issues, body);
}

function handle(
  { prepared, context, scope }: Passage,
  issues: readonly Issue[],
  body: unknown,
): Answer | Promise<Answer> {
  const { route, respond } = prepared;
  if (issues.length > 0) throw new ValidationError(route.name, issues, body);
  scope.phase = 'handler';
  const began = beginSegment();
  const returned = route.definition.handler(scope.arguments(route.plan.bindings) as never, context as never);
  const ended = passSegment(began, 'handler');
  if (returned instanceof Promise) return returned.then(respond);
  return isThenable(returned) ? Promise.resolve(returned).then(respond) : respond(returned, ended);
}

// A query of a model is awaited like a promise without being one.
function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as Partial<PromiseLike<unknown>> | null | undefined)?.then === 'function';
}
