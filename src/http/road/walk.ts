import { AsyncResource } from 'node:async_hooks';
import { runInFrame } from '../../concurrency/frame.ts';
import { success } from '../../inject/close.ts';
import type { Done } from '../read/read-body.ts';
import type { Answer } from '../respond/answer.ts';
import { finish } from './finish.ts';
import { awaitBody, gatherBody } from './gather-body.ts';
import { noAnswer, type Passage } from './passage.ts';

/** Walks the stages of a request's route, one after the other, to the answer and on to its end. */
export function startWalk(passage: Passage): void {
  // Nothing of the app's runs before the body is there, so no frame is needed before it.
  if (passage.prepared.stages[0] === gatherBody) goOnWithBody(passage, 1);
  else walk(passage, undefined);
}

// Code of the app runs in the request's frame; what sends bytes does not. Node's timer of an idle connection keeps the frame that it was
// set in: it would hold all of a request until the connection's next one, which costs memory, and a tenth of the time in collecting it.
function walk(passage: Passage, given: unknown): void {
  let reached: unknown;
  try {
    reached = runInFrame(passage.scope, stepThrough, passage, given);
  } catch (error) {
    fail(passage, error);
    return;
  }
  if (reached === gatherBody) goOnWithBody(passage, passage.next);
  // Two callbacks, as an async function would have for its await; but it would be kept as well while it waits.
  else if (reached instanceof Promise)
    reached.then(
      (answer: Answer) => finish(passage, answer, success),
      (error) => fail(passage, error),
    );
  else finish(passage, reached as Answer, success);
}

// A promise costs more than all that a simple request does here, so one is made only from the first stage on that has to wait; the body
// calls back.
function stepThrough(passage: Passage, given: unknown): unknown {
  const { stages } = passage.prepared;
  let made = given;
  for (let at = passage.next; at < stages.length; at++) {
    const stage = stages[at]!;
    if (stage === gatherBody) {
      passage.next = at + 1;
      return gatherBody;
    }
    made = stage(passage, made);
    if (made instanceof Promise) return stepOn(passage, made, at + 1);
  }
  return made;
}

async function stepOn(passage: Passage, coming: Promise<unknown>, from: number): Promise<unknown> {
  const { stages } = passage.prepared;
  let made = await coming;
  for (let at = from; at < stages.length; at++) {
    // A function around the request may have answered by itself.
    if (passage.instead !== undefined) return passage.instead;
    made = stages[at]!(passage, made);
    if (made instanceof Promise) made = await made;
  }
  return made;
}

function goOnWithBody(passage: Passage, next: number): void {
  passage.next = next;
  const done: Done<unknown> = (error, gathered) => {
    if (error === undefined) walk(passage, gathered);
    else fail(passage, error);
  };
  // A hook of a plugin may have begun a context of its own, which the parser's callbacks know nothing of.
  awaitBody(passage, passage.isUnhooked ? done : AsyncResource.bind(done));
}

function fail(passage: Passage, error: unknown): void {
  finish(passage, noAnswer, { failed: true, error });
}
