import type { Readable } from 'node:stream';
import { runInFrame } from '../../concurrency/frame.ts';
import type { Outcome } from '../../inject/close.ts';
import { answerTo } from '../errors/answer-to.ts';
import { expiryOf, whyCut } from '../request/context.ts';
import { logThrown } from '../request/log-thrown.ts';
import { RequestAborted } from '../request/request-aborted.ts';
import { type Answer, isStream } from '../respond/answer.ts';
import { ofLength } from '../respond/of-length.ts';
import { heedContext } from '../send/heed-context.ts';
import { limitSending } from '../send/limit-sending.ts';
import { breakOff, discard, endConnection, send, withoutBody } from '../send/send.ts';
import { wasAnswered } from '../send/send-error.ts';
import { sendWhole } from '../send/send-whole.ts';
import { noteStream } from '../send/streaming.ts';
import { startDeferred } from './deferred.ts';
import type { Passage } from './passage.ts';

/** Sends an answer at once where nothing is left to close or to wait for, and tells whether that was so. */
export function leave(passage: Passage, answer: Answer): boolean {
  const { prepared, reply, context, scope } = passage;
  if (!scope.isEmpty || isStream(answer) || expiryOf(context) !== undefined) return false;
  try {
    sendWhole(passage, answer);
    startDeferred(passage);
  } catch (error) {
    logError(error, passage, 'the answer could not be sent');
    breakOff(reply, prepared.errorFormat);
  }
  end(passage);
  return true;
}

/** The second half of the road: what was opened closes, a failure becomes its answer, and the answer is sent. */
export async function finish(passage: Passage, made: Answer, ended: Outcome): Promise<void> {
  const { prepared, reply, context, scope } = passage;
  let outcome = ended;
  let answer = made;
  try {
    if (isStream(made)) answer = stretched(passage, withoutBody(reply, heedContext(made, context)));
    const expiry = expiryOf(context);
    // The client has its 504, or is about to get it; what was opened must not be committed.
    if (expiry !== undefined) {
      discard(answer);
      await closeLate(passage, await close(passage, ended.failed ? ended : { failed: true, error: expiry }));
      return;
    }
    // A body that streams may still use what dependencies opened.
    if (isStream(answer)) {
      noteStream(reply, context);
      limitSending(passage);
      endConnection(prepared, reply);
      outcome = await runInFrame(scope, send, reply, answer, outcome, () => whyCut(context));
    }
    if (!scope.isEmpty) outcome = await close(passage, withDeparture(outcome, passage));
    if (!reply.sent && !reply.raw.headersSent) {
      if (outcome.failed) {
        endConnection(prepared, reply);
        await send(
          reply,
          await runInFrame(scope, answerTo, outcome.error, prepared, context, prepared.route.name),
          outcome,
        );
      } else sendWhole(passage, answer);
    } else if (outcome.failed && !isDeparture(outcome.error) && !wasAnswered(reply))
      logError(outcome.error, passage, 'the answer broke off');
    if (!scope.isEmpty) logLate(await closeLate(passage, outcome), outcome, passage);
    if (!outcome.failed) startDeferred(passage);
  } catch (error) {
    // What cannot be sent, a header that HTTP forbids for example, must not leave the client waiting.
    logError(error, passage, 'the answer could not be sent');
    breakOff(reply, prepared.errorFormat);
  } finally {
    end(passage);
  }
}

// A stream that says its length is held to it.
function stretched({ prepared, reply }: Passage, answer: Answer): Answer {
  const length = answer.headers['content-length'] ?? reply.getHeader('content-length');
  if (length === undefined || !isStream(answer)) return answer;
  return { ...answer, body: ofLength(answer.body as Readable, Number(length), prepared.route.name) };
}

function close({ scope }: Passage, outcome: Outcome): Promise<Outcome> {
  return runInFrame(scope, () => scope.close(outcome));
}

function closeLate({ scope }: Passage, outcome: Outcome): Promise<Outcome> {
  return runInFrame(scope, () => scope.closeAfterSend(outcome));
}

// A stream that fails takes its connection with it, so only the error tells whether the client left first.
function isDeparture(error: unknown): boolean {
  const { name, code } = (error ?? {}) as { name?: unknown; code?: unknown };
  return name === 'AbortError' || code === 'ERR_STREAM_PREMATURE_CLOSE';
}

function end({ prepared }: Passage): void {
  if (--prepared.counter.scopes === 0) prepared.counter.onIdle?.();
}

// What a client that left will never see must not be committed.
function withDeparture(outcome: Outcome, { context }: Passage): Outcome {
  if (outcome.failed || !context.isClientGone) return outcome;
  return { failed: true, error: new RequestAborted('client-gone') };
}

function logLate(late: Outcome, before: Outcome, passage: Passage): void {
  if (late.failed && !before.failed)
    logError(late.error, passage, 'a dependency failed to close after the answer was sent');
}

function logError(error: unknown, { prepared, context }: Passage, message: string): void {
  logThrown(context.log, error, { route: prepared.route.name }, message);
}
