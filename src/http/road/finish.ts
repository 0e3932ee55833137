import type { Readable } from 'node:stream';
import { runInFrame } from '../../concurrency/frame.ts';
import type { Closing } from '../../inject/close.ts';
import { answerTo } from '../errors/answer-to.ts';
import { expiryOf, whyCut } from '../request/context.ts';
import { logThrown } from '../request/log-thrown.ts';
import { RequestAborted } from '../request/request-aborted.ts';
import { type Answer, isStream } from '../respond/answer.ts';
import { ofLength } from '../respond/of-length.ts';
import { webAnswer } from '../respond/web.ts';
import { heedContext } from '../send/heed-context.ts';
import { limitSending } from '../send/limit-sending.ts';
import { discard, endConnection, sendAnswer, withoutBody } from '../send/send-answer.ts';
import { answerError, breakOff } from '../send/send-error.ts';
import { sendWhole } from '../send/send-whole.ts';
import { hasBegun, noteStream } from '../send/sending.ts';
import { ChangingAnswer } from './changing-answer.ts';
import { startDeferred } from './deferred.ts';
import type { OutsideRun } from './outside-run.ts';
import type { Passage } from './passage.ts';

/** A stage of a request's end; a promise only where it has to wait. */
type Ending = (passage: Passage) => Promise<void> | undefined | void;

const all: readonly Ending[] = [dropLate, sendStream, close, sendNow, closeAfterSend, startDeferred];

// Of a request that has opened nothing and made its answer in time.
const few: readonly Ending[] = [sendNow, startDeferred];

// Of a request that functions stand around: they see the answer before its first byte, and behind the commit where it is no stream.
const seen: readonly Ending[] = [
  dropLate,
  leaveStream,
  // They may have taken longer than the client waits.
  dropLate,
  sendStream,
  close,
  leaveWhole,
  sendNow,
  closeAfterSend,
  startDeferred,
];

// The same of a stream that needs nothing of the scope.
const seenAlone: readonly Ending[] = [
  dropLate,
  close,
  leaveOutside,
  sendStream,
  sendNow,
  closeAfterSend,
  startDeferred,
];

// Of a stream that needs nothing of the scope: what fails to close is still an error with a status.
const closedFirst: readonly Ending[] = [dropLate, close, sendStream, sendNow, closeAfterSend, startDeferred];

function endingsOf({ answer, outcome, scope, context, outside }: Passage): readonly Ending[] {
  if (outside !== undefined) return answer.standsAlone ? seenAlone : seen;
  if (answer.standsAlone) return closedFirst;
  return outcome.failed || !scope.isEmpty || isStream(answer) || expiryOf(context) !== undefined ? all : few;
}

/** The second half of the road: what was opened closes, a failure becomes its answer, and the answer is sent. */
export function finish(passage: Passage, answer: Answer, outcome: Closing): void {
  passage.answer = answer;
  passage.outcome = outcome;
  const endings = endingsOf(passage);
  try {
    for (let at = 0; at < endings.length; at++) {
      const waiting = endings[at]!(passage);
      if (waiting === undefined) continue;
      void finishLater(passage, endings, waiting as Promise<void>, at + 1);
      return;
    }
  } catch (error) {
    cannotSend(passage, error);
  }
  leave(passage);
}

async function finishLater(
  passage: Passage,
  endings: readonly Ending[],
  waiting: Promise<void>,
  from: number,
): Promise<void> {
  try {
    await waiting;
    for (let at = from; at < endings.length; at++) {
      const next = endings[at]!(passage);
      if (next !== undefined) await next;
    }
  } catch (error) {
    cannotSend(passage, error);
  }
  leave(passage);
}

// The client has its 504, or is about to get it; what was opened must not be committed.
function dropLate(passage: Passage): void {
  const expiry = expiryOf(passage.context);
  if (expiry === undefined) return;
  passage.isLate = true;
  discard(passage.answer);
  if (!passage.outcome.failed) passage.outcome = { failed: true, error: expiry };
}

function leaveStream(passage: Passage): Promise<void> | undefined {
  return isStream(passage.answer) ? leaveOutside(passage) : undefined;
}

function leaveOutside(passage: Passage): Promise<void> | undefined {
  return passage.outside?.isWaiting ? leaveAll(passage, passage.outside) : undefined;
}

// One of them may put a stream in the answer's place.
function leaveWhole(passage: Passage): Promise<void> | undefined {
  return leaveOutside(passage)?.then(() => sendStream(passage));
}

function leaveAll(passage: Passage, outside: OutsideRun): Promise<void> {
  const { context, scope, reply } = passage;
  if (passage.isLate || hasBegun(reply)) return outside.abandon(expiryOf(context) ?? whyCut(context));
  return runInFrame(scope, giveAnswer, passage, outside);
}

/** Gives the answer to the functions around, from the innermost on; what one of them throws is answered in its place. */
async function giveAnswer(passage: Passage, outside: OutsideRun): Promise<void> {
  const { reply, context } = passage;
  if (passage.outcome.failed) await refuse(passage, passage.outcome.error);
  while (outside.isWaiting) {
    const given = new ChangingAnswer(passage.answer, reply, context, passage.outcome);
    try {
      const response = await outside.leave(given);
      passage.answer = response === undefined ? given.answer : await webAnswer(response);
      if (response !== undefined) discard(given.answer);
    } catch (error) {
      discard(given.answer);
      await refuse(passage, error);
    }
  }
}

/** Makes the answer to an error, for the functions around to see. */
async function refuse(passage: Passage, error: unknown): Promise<void> {
  const { prepared, context } = passage;
  discard(passage.answer);
  passage.outcome = { failed: true, error };
  passage.answer = await answerTo(error, prepared, context, prepared.route.name);
  passage.isRefusal = true;
}

// A body that streams may still use what dependencies opened, so they close behind it.
function sendStream(passage: Passage): Promise<void> | undefined {
  const { prepared, reply, context, answer } = passage;
  if (!isStream(answer) || passage.isLate) return undefined;
  if (passage.outcome.failed) {
    // The answer to the error is sent as what it is.
    if (!passage.isRefusal) discard(answer);
    return undefined;
  }
  passage.answer = stretched(passage, withoutBody(reply, heedContext(answer, context)));
  if (!isStream(passage.answer)) return undefined;
  noteStream(passage);
  limitSending(passage);
  endConnection(prepared, reply);
  return stream(passage);
}

async function stream(passage: Passage): Promise<void> {
  const { context, scope, answer, outcome } = passage;
  passage.outcome = await runInFrame(scope, sendAnswer, passage, answer, outcome, () => whyCut(context));
}

// A stream that says its length is held to it.
function stretched({ prepared, reply }: Passage, answer: Answer): Answer {
  const own = answer.headers['content-length'];
  // Of a file its stream sees to that.
  if (answer.standsAlone && own !== undefined) return answer;
  const length = own ?? reply.getHeader('content-length');
  if (length === undefined || !isStream(answer)) return answer;
  return { ...answer, body: ofLength(answer.body as Readable, Number(length), prepared.route.name) };
}

function close(passage: Passage): Promise<void> | undefined {
  return passage.scope.isEmpty && !passage.isLate ? undefined : closeScope(passage);
}

async function closeScope(passage: Passage): Promise<void> {
  const { scope, context, outcome } = passage;
  // What a client that left will never see must not be committed.
  const before: Closing =
    outcome.failed || !context.isClientGone ? outcome : { failed: true, error: new RequestAborted('client-gone') };
  passage.outcome = await runInFrame(scope, () => scope.close(before));
}

function sendNow(passage: Passage): Promise<void> | undefined {
  const { outcome, reply, state } = passage;
  if (passage.isLate) return undefined;
  if (!hasBegun(reply)) {
    if (passage.isRefusal) return sendRefusal(passage);
    if (outcome.failed) return sendFailure(passage, outcome.error);
    // A stream is left where its client was gone before it.
    if (!isStream(passage.answer)) sendWhole(passage, passage.answer);
  } else if (outcome.failed && !isDeparture(outcome.error) && state !== 'replaced')
    logError(outcome.error, passage, 'the answer broke off');
  return undefined;
}

function sendFailure(passage: Passage, error: unknown): Promise<void> {
  const { prepared, reply, scope, outcome } = passage;
  endConnection(prepared, reply);
  return answerError(error, prepared, passage, prepared.route.name, { outcome, frame: scope });
}

async function sendRefusal(passage: Passage): Promise<void> {
  const { prepared, reply, answer, outcome } = passage;
  endConnection(prepared, reply);
  await sendAnswer(passage, answer, outcome);
}

// A stream that fails takes its connection with it, so only the error tells whether the client left first.
function isDeparture(error: unknown): boolean {
  const { name, code } = (error ?? {}) as { name?: unknown; code?: unknown };
  return name === 'AbortError' || code === 'ERR_STREAM_PREMATURE_CLOSE';
}

function closeAfterSend(passage: Passage): Promise<void> | undefined {
  return passage.scope.isEmpty ? undefined : closeRest(passage);
}

async function closeRest(passage: Passage): Promise<void> {
  const { scope, outcome } = passage;
  const late = await runInFrame(scope, () => scope.closeAfterSend(outcome));
  if (late.failed && !outcome.failed)
    logError(late.error, passage, 'a dependency failed to close after the answer was sent');
}

// What cannot be sent, a header that HTTP forbids for example, must not leave the client waiting.
function cannotSend(passage: Passage, error: unknown): void {
  logError(error, passage, 'the answer could not be sent');
  breakOff(passage, passage.prepared.errorFormat);
}

// What was deferred may still read the files that the request has brought.
function leave({ prepared: { counter }, spool }: Passage): void {
  void (spool === undefined ? counter.end('scopes') : spool.release().then(() => counter.end('scopes')));
}

function logError(error: unknown, { prepared, context }: Passage, message: string): void {
  logThrown(context.log, error, { route: prepared.route.name }, message);
}
