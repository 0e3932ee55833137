import { type Expansion, expand, type Outgoing, type Parent } from './outgoing.ts';
import { decodeSignature, type Signature, withResult } from './wire/signature.ts';
import type { TaskMessage } from './wire/task-message.ts';

/** What a result store is to be told besides the task's own result. */
export interface ChordPart {
  readonly group: string;
  readonly id: string;
  readonly index: number | undefined;
  readonly chord: Signature;
}

/** A later element of a chain, which fails together with the one before it. */
export interface FailedElement {
  readonly id: string;
  /** The queue that its result goes to, for a client with `rpc://`. */
  readonly replyTo: string | undefined;
}

/** What follows from the end of a task. */
export interface FollowUps {
  readonly sends: readonly Outgoing[];
  readonly chords: Expansion['chords'];
  readonly parts: readonly ChordPart[];
  readonly failed: readonly FailedElement[];
}

/** What a task that succeeded sets off: its callbacks, the rest of its chain, its part of a chord. */
export function afterSuccess(message: TaskMessage, value: unknown, parent: Parent): FollowUps {
  const from = childOf(message, parent);
  const expansions = message.callbacks.map((callback) => expand(withResult(callback, value), from));
  const next = message.chain.at(-1);
  if (next !== undefined) expansions.push(expand(withResult(next, value), from, { chain: message.chain.slice(0, -1) }));
  return {
    sends: expansions.flatMap(({ sends }) => sends),
    chords: expansions.flatMap(({ chords }) => chords),
    parts: ownPart(message),
    failed: [],
  };
}

/** What a task that failed sets off: its errbacks, which get its id, and the failure of what waited for it. */
export function afterFailure(message: TaskMessage, parent: Parent): FollowUps {
  const from = childOf(message, parent);
  const expansions = message.errbacks.map((errback) => expand(withResult(errback, message.id), from));
  const waiting = message.chain.flatMap((element): { element: FailedElement; part: ChordPart | undefined }[] => {
    const { task_id: id, reply_to: replyTo, group_id: group, group_index: index, chord } = element.options;
    if (typeof id !== 'string') return [];
    const body = decodeSignature(chord);
    const part =
      body !== undefined && typeof group === 'string'
        ? { group, id, index: typeof index === 'number' ? index : undefined, chord: body }
        : undefined;
    return [{ element: { id, replyTo: typeof replyTo === 'string' ? replyTo : message.replyTo }, part }];
  });
  return {
    sends: expansions.flatMap(({ sends }) => sends),
    chords: expansions.flatMap(({ chords }) => chords),
    parts: [...ownPart(message), ...waiting.map(({ part }) => part).filter((part) => part !== undefined)],
    failed: waiting.map(({ element }) => element),
  };
}

function childOf(message: TaskMessage, parent: Parent): Parent {
  return { ...parent, rootId: message.rootId ?? message.id, parentId: message.id, replyTo: message.replyTo };
}

function ownPart({ id, group, groupIndex, chord }: TaskMessage): ChordPart[] {
  return group === undefined || chord === undefined ? [] : [{ group, id, index: groupIndex, chord }];
}
