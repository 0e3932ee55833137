import type { FastifyReply, FastifyRequest } from 'fastify';
import { runInFrame } from '../concurrency/frame.ts';
import { type Outcome, success } from '../inject/close.ts';
import { Scope } from '../inject/scope.ts';
import { ValidationError } from '../inject/validation-error.ts';
import type { Issue } from '../schema/issue.ts';
import { answerTo } from './answer-to.ts';
import { RequestAborted, RequestContext } from './context.ts';
import { logThrown } from './log-thrown.ts';
import type { PreparedRoute } from './prepared-route.ts';
import type { Answer } from './respond/answer.ts';
import { breakOff, send } from './send.ts';
import { soundGuards } from './sound-guards.ts';

/**
 * The road of a request: early fields ▸ guards ▸ all other fields and the body ▸ dependencies ▸ handler ▸ answer ▸ dependencies close ▸
 * bytes. Each stage returns here; none calls another.
 */
export function run(prepared: PreparedRoute, request: FastifyRequest, reply: FastifyReply): void {
  const context = new RequestContext(request, reply, prepared.route, prepared.open);
  const scope = new Scope(prepared.container, prepared.route.plan, context);
  prepared.counter.scopes++;
  // First, so that the handler's `ctx.setStatus` and an error's own status win.
  if (prepared.route.status !== 200) reply.code(prepared.route.status);
  void runInFrame(scope, () => walk(prepared, request, reply, context, scope));
}

async function walk(
  prepared: PreparedRoute,
  request: FastifyRequest,
  reply: FastifyReply,
  context: RequestContext,
  scope: Scope,
): Promise<void> {
  let answer: Answer;
  let outcome: Outcome = success;
  try {
    answer = await proceed(prepared, request, context, scope);
  } catch (error) {
    outcome = { failed: true, error };
    answer = noAnswer;
  }
  try {
    // A body that streams may still use what dependencies opened.
    if (typeof answer.body === 'object' && !Buffer.isBuffer(answer.body)) outcome = await send(reply, answer, outcome);
    if (!scope.isEmpty) outcome = await scope.close(withDeparture(outcome, context));
    if (!reply.sent)
      await send(
        reply,
        outcome.failed ? await answerTo(outcome.error, prepared, context, prepared.route.name) : answer,
        outcome,
      );
    else if (outcome.failed && !context.isClientGone)
      logError(outcome.error, prepared, context, 'the answer broke off');
    if (!scope.isEmpty) logLate(await scope.closeAfterSend(outcome), outcome, prepared, context);
  } catch (error) {
    // What cannot be sent, a header that HTTP forbids for example, must not leave the client waiting.
    logError(error, prepared, context, 'the answer could not be sent');
    breakOff(reply, prepared.errorFormat);
  } finally {
    if (--prepared.counter.scopes === 0) prepared.counter.onIdle?.();
  }
}

const noAnswer: Answer = { status: 500, headers: {}, body: undefined };

async function proceed(
  prepared: PreparedRoute,
  request: FastifyRequest,
  context: RequestContext,
  scope: Scope,
): Promise<Answer> {
  const { route, readEarly, readRest, readBody, respond } = prepared;
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
  if (issues.length > 0) throw new ValidationError(route.name, issues, body);
  if (plan.calls.length > 0) await scope.run(plan.calls);
  const returned = route.definition.handler(scope.arguments(plan.bindings) as never, context as never);
  const answer = respond(isThenable(returned) ? await returned : returned);
  return answer instanceof Promise ? await answer : answer;
}

// A query of a model is awaited like a promise without being one.
function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    value instanceof Promise || typeof (value as Partial<PromiseLike<unknown>> | null | undefined)?.then === 'function'
  );
}

// What a client that left will never see must not be committed.
function withDeparture(outcome: Outcome, context: RequestContext): Outcome {
  if (outcome.failed || !context.isClientGone) return outcome;
  return { failed: true, error: new RequestAborted('The client has left.') };
}

function logLate(late: Outcome, before: Outcome, prepared: PreparedRoute, context: RequestContext): void {
  if (late.failed && !before.failed)
    logError(late.error, prepared, context, 'a dependency failed to close after the answer was sent');
}

function logError(error: unknown, { route }: PreparedRoute, context: RequestContext, message: string): void {
  logThrown(context.log, error, { route: route.name }, message);
}
