import type { Done } from '../read/read-body.ts';
import type { Passage } from './passage.ts';

/** Calls back with the body as it was sent. A client that stalls has no end; a route's time limit is one. */
export function awaitBody(passage: Passage, done: Done<unknown>): void {
  const { prepared } = passage;
  prepared.readBody!.gather(passage, prepared.timeout === undefined ? done : endable(passage, done));
}

/** The same as a stage, for a request that has waited for something already. */
export function gatherBody(passage: Passage): Promise<unknown> {
  return new Promise((resolve, reject) => {
    awaitBody(passage, (error, gathered) => (error === undefined ? resolve(gathered) : reject(error)));
  });
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
