import { AsyncResource } from 'node:async_hooks';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { isThenable } from '../../base/is-thenable.ts';
import { runInFrame } from '../../concurrency/frame.ts';
import { success } from '../../inject/close.ts';
import { Scope } from '../../inject/scope.ts';
import { ValidationError } from '../../inject/validation-error.ts';
import { beginSegment, endSegment, nextSegment, passSegment } from '../../loop/measure/segment.ts';
import type { Issue } from '../../schema/issues/issue.ts';
import { freeConnection } from '../read/free-connection.ts';
import type { Done } from '../read/read-body.ts';
import { RequestContext } from '../request/context.ts';
import type { Answer } from '../respond/answer.ts';
import { finish, leave } from './finish.ts';
import { limitTime } from './limit-time.ts';
import type { Passage } from './passage.ts';
import type { PreparedRoute } from './prepared-route.ts';
import { soundGuards } from './sound-guards.ts';

/**
 * The road of a request: early fields ▸ guards ▸ all other fields and the body ▸ dependencies ▸ handler ▸ answer ▸ dependencies close ▸
 * bytes. Each stage returns here; none calls another.
 */
export function run(prepared: PreparedRoute, request: FastifyRequest, reply: FastifyReply, isUnhooked: boolean): void {
  const context = new RequestContext(request, reply, prepared.route, prepared.signals);
  const scope = new Scope(prepared.container, prepared.route.plan, context);
  prepared.counter.scopes++;
  // First, so that the handler's `ctx.setStatus` and an error's own status win.
  if (prepared.route.status !== 200) reply.code(prepared.route.status);
  const issues = prepared.route.plan.fields.length === 0 ? noIssues : [];
  const passage: Passage = { prepared, request, reply, context, scope, issues, isUnhooked, endBody: undefined };
  if (prepared.timeout !== undefined) limitTime(passage, prepared.timeout);
  if (!isUnhooked) freeConnection(request, reply);
  // Nothing of the app's runs before the body is there, so no frame is needed before it.
  if (startsWithBody(prepared)) awaitBody(passage);
  else walk(passage, proceed, undefined);
}

// Of routes that read nothing; frozen, as all requests share it.
const noIssues = Object.freeze([]) as readonly Issue[] as Issue[];

function startsWithBody({ readBody, readRest, waits }: PreparedRoute): boolean {
  return readBody !== undefined && readRest === undefined && !waits;
}

/** A stretch of the road; `undefined` where it goes on once the body is there. */
type Stretch<Given> = (passage: Passage, given: Given) => Answer | Promise<Answer> | undefined;

// Code of the app runs in the request's frame; what sends bytes does not. Node's timer of an idle connection keeps the frame that it was
// set in: it would hold all of a request until the connection's next one, which costs memory, and a tenth of the time in collecting it.
// A promise costs more than all that a simple request does here, so one is made only from the first stage on that has to wait; the body
// calls back.
function walk<Given>(passage: Passage, stretch: Stretch<Given>, given: Given): void {
  let answer: Answer | Promise<Answer> | undefined;
  try {
    answer = runInFrame(passage.scope, stretch, passage, given);
  } catch (error) {
    fail(passage, error);
    return;
  }
  if (answer === undefined) awaitBody(passage);
  else if (answer instanceof Promise) walkOn(passage, answer);
  else arrive(passage, answer);
}

// Two callbacks, as an async function would have for its await; but it would be kept as well while it waits.
function walkOn(passage: Passage, coming: Promise<Answer>): void {
  coming.then(
    (answer) => arrive(passage, answer),
    (error) => fail(passage, error),
  );
}

function arrive(passage: Passage, answer: Answer): void {
  if (!leave(passage, answer)) void finish(passage, answer, success);
}

function awaitBody(passage: Passage): void {
  const done: Done<unknown> = (error, gathered) => {
    if (error === undefined) walk(passage, proceedWithBody, gathered);
    else fail(passage, error);
  };
  // A hook of a plugin may have begun a context of its own, which the parser's callbacks know nothing of.
  gather(passage, passage.isUnhooked ? done : AsyncResource.bind(done));
}

// A client that stalls has no end; a route's time limit is one.
function gather(passage: Passage, done: Done<unknown>): void {
  const { prepared, request } = passage;
  if (prepared.timeout === undefined) prepared.readBody!.gather(request, done);
  else prepared.readBody!.gather(request, endable(passage, done));
}

function endable(passage: Passage, done: Done<unknown>): Done<unknown> {
  let isDone = false;
  const once: Done<unknown> = (error, gathered) => {
    if (isDone) return;
    isDone = true;
    passage.endBody = undefined;
    done(error, gathered);
  };
  passage.endBody = (error) => once(error, undefined);
  return once;
}

function fail(passage: Passage, error: unknown): void {
  void finish(passage, noAnswer, { failed: true, error });
}

const noAnswer: Answer = { status: 500, headers: {}, body: undefined };

function proceed(passage: Passage): Answer | Promise<Answer> | undefined {
  const { prepared, request, context, scope, issues } = passage;
  if (prepared.waits) return proceedWaiting(passage);
  const rest = prepared.readRest?.(request, context, scope.values, issues);
  if (rest !== undefined) return proceedAfter(rest, passage);
  return prepared.readBody === undefined ? handle(passage, undefined) : undefined;
}

function proceedWithBody(passage: Passage, gathered: unknown): Answer | Promise<Answer> {
  const { prepared, request, scope, issues } = passage;
  const began = beginSegment();
  const body = prepared.readBody!.take(gathered, request, scope.values, issues);
  const isComing = body instanceof Promise;
  if (!isComing && issues.length === 0) return handle(passage, body, nextSegment(began, 'input'));
  endSegment(began, 'input');
  return isComing ? handleAfter(body, passage) : handle(passage, body);
}

// These wait in functions of their own: V8 makes a context for each call of a function with a closure, needed or not.
async function proceedAfter(reading: Promise<void>, passage: Passage): Promise<Answer> {
  await reading;
  return handle(passage, await bodyOf(passage));
}

async function handleAfter(body: Promise<unknown>, passage: Passage): Promise<Answer> {
  return handle(passage, await body);
}

async function bodyOf(passage: Passage): Promise<unknown> {
  const { prepared, request, scope, issues } = passage;
  const { readBody } = prepared;
  if (readBody === undefined) return undefined;
  const gathered = await new Promise((resolve, reject) => {
    gather(passage, (error, found) => (error === undefined ? resolve(found) : reject(error)));
  });
  const began = beginSegment();
  const body = readBody.take(gathered, request, scope.values, issues);
  endSegment(began, 'input');
  return body;
}

async function proceedWaiting(passage: Passage): Promise<Answer> {
  const { prepared, request, context, scope, issues } = passage;
  const { route, readEarly, readRest } = prepared;
  const { plan } = route;
  if (plan.guards.length > 0) {
    const early = readEarly?.(request, context, scope.values, issues);
    if (early !== undefined) await early;
    // A guard whose own inputs are fine has its say first: who may not enter need not learn what else is wrong.
    await scope.run(issues.length === 0 ? plan.guards : soundGuards(plan, issues));
    if (issues.length > 0) throw new ValidationError(route.name, issues);
  }
  const rest = readRest?.(request, context, scope.values, issues);
  if (rest !== undefined) await rest;
  const body = await bodyOf(passage);
  if (issues.length === 0 && plan.calls.length > 0) await scope.run(plan.calls);
  return handle(passage, body);
}

function handle({ prepared, context, scope, issues }: Passage, body: unknown, from?: number): Answer | Promise<Answer> {
  const { route, respond } = prepared;
  if (issues.length > 0) throw new ValidationError(route.name, issues, body);
  scope.phase = 'handler';
  const began = from ?? beginSegment();
  const returned = route.definition.handler(scope.arguments(route.plan.bindings) as never, context as never);
  const ended = passSegment(began, 'handler');
  if (returned instanceof Promise) return returned.then(respond);
  return isThenable(returned) ? Promise.resolve(returned).then(respond) : respond(returned, ended);
}

// A query of a model is awaited like a promise without being one.
