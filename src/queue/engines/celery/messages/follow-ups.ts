import type { Signature } from '../../../contract/signature.ts';
import { cancelledBecause } from '../../../contract/task-errors.ts';
import type { Followers } from '../../ledger/ledger-arguments.ts';
import { type CeleryEnd, errorOf, errorText, exceptionOf, failureMeta } from '../results/states.ts';
import { decodeJson } from '../wire/decode-json.ts';
import type { WireException } from '../wire/exception.ts';
import { decodeResult } from '../wire/result.ts';
import { decodeSignature, decodeSignatures, withResult } from '../wire/signature.ts';
import type { TaskMessage } from '../wire/task-message.ts';
import { leaves, resultLeaves } from './freeze.ts';
import { type ChordPart, expand, type FollowUps, type Forsaken, join, type Parent } from './outgoing.ts';

/** What the message of a task that is over sets off. */
export function followUps(message: TaskMessage, outcome: CeleryEnd, parent: Parent): FollowUps {
  const from = childOf(message, parent);
  const { callbacks, chain, errbacks } = message;
  if (outcome.kind === 'succeeded') {
    // Its callbacks, the rest of its chain, its part of a chord.
    const value = callbacks.length > 0 || chain.length > 0 ? decodeJson(outcome.result) : undefined;
    const expansions = callbacks.map((callback) => expand(withResult(callback, value), from));
    const next = chain.at(-1);
    if (next !== undefined) expansions.push(expand(withResult(next, value), from, chain.slice(0, -1)));
    return { ...join(expansions), parts: ownPart(message) };
  }
  // Its errbacks, which get its id, and the end of what waited for it. One that was cancelled has no errbacks.
  const { kind, error } = outcome;
  const exception = kind === 'failed' ? exceptionOf(error) : undefined;
  const expansions = kind === 'failed' ? errbacks.map((errback) => expand(withResult(errback, message.id), from)) : [];
  const waiting = forsake(chain, { exception, traceback: error.stack }, message.replyTo);
  return { ...join(expansions), parts: [...ownPart(message), ...waiting.parts], forsaken: waiting.forsaken };
}

/** What the end of a chord means whose body never runs. */
export function afterChord(body: Signature, exception: WireException, parent: Parent): FollowUps {
  const chain = [body, ...decodeSignatures(body.options['chain'])];
  const [first] = leaves(body);
  const errbacks = [
    ...decodeSignatures(body.options['link_error']),
    ...(first === undefined || first === body ? [] : decodeSignatures(first.options['link_error'])),
  ];
  const id = resultLeaves(body)[0]?.options['task_id'];
  const expansions = errbacks.map((errback) => expand(withResult(errback, id), parent));
  return { ...join(expansions), ...forsake(chain, { exception, traceback: undefined }, undefined) };
}

/** The end of a task that never runs, as the ledger and Celery's result store have it. Celery says nothing of one that is not needed any more. */
export function forsakenEnd({ id, exception, traceback }: Forsaken, now: number): Followers['others'][number] {
  if (exception === undefined) {
    const value = errorText(cancelledBecause('It waited for a task that was cancelled.'));
    return { id, state: 'cancelled', value, meta: '' };
  }
  const meta = failureMeta(id, 'FAILURE', exception, traceback, undefined, now);
  return { id, state: 'failed', value: errorText(errorOf(decodeResult(meta)!)), meta };
}

function forsake(
  signatures: readonly Signature[],
  cause: Pick<Forsaken, 'exception' | 'traceback'>,
  replyTo: string | undefined,
): Pick<FollowUps, 'parts' | 'forsaken'> {
  const forsaken = signatures.flatMap(leaves).flatMap(({ options }): Forsaken[] => {
    const { task_id: id, reply_to: own } = options;
    return typeof id === 'string' ? [{ ...cause, id, replyTo: typeof own === 'string' ? own : replyTo }] : [];
  });
  const parts = signatures.flatMap(resultLeaves).flatMap(({ options }): ChordPart[] => {
    const { task_id: id, group_id: group, group_index: index } = options;
    const chord = decodeSignature(options['chord']);
    if (chord === undefined || typeof id !== 'string' || typeof group !== 'string') return [];
    return [{ group, id, index: typeof index === 'number' ? index : undefined, chord }];
  });
  return { forsaken, parts };
}

/** What the tasks inherit that follow from one. */
export function childOf(message: TaskMessage, parent: Parent): Parent {
  return { ...parent, rootId: message.rootId ?? message.id, parentId: message.id, replyTo: message.replyTo };
}

function ownPart({ id, group, groupIndex, chord }: TaskMessage): ChordPart[] {
  return group === undefined || chord === undefined ? [] : [{ group, id, index: groupIndex, chord }];
}
