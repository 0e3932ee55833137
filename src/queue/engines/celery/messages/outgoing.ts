import { CortadoError } from '../../../../base/error.ts';
import type { Signature } from '../../../contract/signature.ts';
import type { MessageRoute } from '../brokers/broker.ts';
import { encodeTask } from '../wire/encode-task.ts';
import type { WireException } from '../wire/exception.ts';
import {
  decodeSignature,
  decodeSignatures,
  filledText,
  finiteNumber,
  record,
  withOptions,
  withResult,
} from '../wire/signature.ts';
import type { TaskMessage, WireMessage } from '../wire/task-message.ts';
import { countOf, freeze, upgraded, withArguments } from './freeze.ts';

export interface Outgoing {
  readonly message: TaskMessage;
  readonly wire: WireMessage;
  readonly to: MessageRoute;
}

/** What the count of a chord is to be told besides the task's own result. */
export interface ChordPart {
  readonly group: string;
  readonly id: string;
  readonly index: number | undefined;
  readonly chord: Signature;
}

/** A task that never runs, since what it waited for has ended otherwise. */
export interface Forsaken {
  readonly id: string;
  /** The queue that its result goes to, for a client with `rpc://`. */
  readonly replyTo: string | undefined;
  /** Why, where it fails; without one it is cancelled. */
  readonly exception: WireException | undefined;
  readonly traceback: string | undefined;
}

/** What follows from sending a signature, or from the end of a task. */
export interface FollowUps {
  readonly sends: readonly Outgoing[];
  /** Sizes of chords that must be known before the first part of them is sent. */
  readonly chords: readonly { readonly group: string; readonly size: number }[];
  readonly parts: readonly ChordPart[];
  readonly forsaken: readonly Forsaken[];
}

/** What a signature inherits from the task or client that sends it. */
export interface Parent {
  readonly rootId?: string | undefined;
  readonly parentId?: string | undefined;
  readonly replyTo?: string | undefined;
  /** The broker's queue of a task that nothing else is said of. */
  readonly queueOf: (task: string) => string;
  readonly now: number;
}

/** Turns a signature, which may be a chain, group or chord of others, into the messages that start it; `chain` is what comes after it. */
export function expand(signature: Signature, parent: Parent, chain: readonly Signature[] = []): FollowUps {
  return start(freeze(signature), parent, chain);
}

function start(frozen: Signature, parent: Parent, after: readonly Signature[]): FollowUps {
  // In Celery's order: the next one is the last.
  const chain = [...after, ...decodeSignatures(frozen.options['chain'])];
  const tasks = decodeSignatures(frozen.kwargs['tasks']);
  switch (frozen.task) {
    case 'celery.chain': {
      const [first, ...rest] = tasks;
      if (first === undefined) return nothing;
      return start(withArguments(first, frozen.args), parent, [...chain, ...rest.toReversed()]);
    }
    case 'celery.group':
      if (chain.length > 0) return start(freeze(upgraded(frozen, chain.at(-1)!)), parent, chain.slice(0, -1));
      return join(tasks.map((part) => start(withArguments(part, frozen.args), parent, [])));
    case 'celery.chord':
      return startChord(frozen, parent, chain);
    default:
      return { ...nothing, sends: [outgoing(frozen, parent, chain)] };
  }
}

// Each part reports to the chord; the last one sends the body, which carries on with what follows.
function startChord({ args, kwargs }: Signature, parent: Parent, chain: readonly Signature[]): FollowUps {
  const body = decodeSignature(kwargs['body']);
  if (body === undefined) throw new CortadoError('CORTADO_QUEUE_PAYLOAD', 'A chord without a body cannot be sent.');
  const followed = withOptions(body, { chain });
  const header = decodeSignature(kwargs['header'])!;
  const group = header.options['task_id'] as string;
  const parts = decodeSignatures(header.kwargs['tasks']);
  const size = parts.reduce((sum, part) => sum + countOf(part), 0);
  if (size === 0) return start(withResult(freeze(followed), []), parent, []);
  const expanded = parts.map((part, groupIndex) =>
    start(freeze(withArguments(part, args), { chord: followed, group, groupIndex }), parent, []),
  );
  return join([{ ...nothing, chords: [{ group, size }] }, ...expanded]);
}

const nothing: FollowUps = { sends: [], chords: [], parts: [], forsaken: [] };

export function join(all: readonly FollowUps[]): FollowUps {
  return {
    sends: all.flatMap(({ sends }) => sends),
    chords: all.flatMap(({ chords }) => chords),
    parts: all.flatMap(({ parts }) => parts),
    forsaken: all.flatMap(({ forsaken }) => forsaken),
  };
}

function outgoing(signature: Signature, parent: Parent, chain: readonly Signature[]): Outgoing {
  const { task, args, kwargs, options } = signature;
  const id = options['task_id'] as string;
  const countdown = finiteNumber(options['countdown']);
  const expires = options['expires'];
  const message: TaskMessage = {
    id,
    task,
    args,
    kwargs,
    eta: countdown === undefined ? time(options['eta']) : parent.now + countdown * 1000,
    expires: typeof expires === 'number' ? parent.now + expires * 1000 : time(expires),
    retries: 0,
    timeLimit: finiteNumber(options['time_limit']),
    softTimeLimit: finiteNumber(options['soft_time_limit']),
    group: filledText(options['group_id']),
    groupIndex: finiteNumber(options['group_index']),
    rootId: filledText(options['root_id']) ?? parent.rootId ?? id,
    parentId: filledText(options['parent_id']) ?? parent.parentId,
    replyTo: filledText(options['reply_to']) ?? parent.replyTo,
    ignoreResult: options['ignore_result'] === true,
    priority: finiteNumber(options['priority']),
    callbacks: decodeSignatures(options['link']),
    errbacks: decodeSignatures(options['link_error']),
    chain,
    chord: decodeSignature(options['chord']),
    argsRepr: filledText(options['argsrepr']),
    kwargsRepr: filledText(options['kwargsrepr']),
    headers: record(options['headers']),
    stamps: stampsOf(options),
  };
  return { message, wire: encodeTask(message), to: routeOf(signature, parent) };
}

/** Where a task goes: to a queue, or through an exchange that somebody else has bound. */
export function routeOf({ task, options }: Signature, { queueOf }: Parent): MessageRoute {
  const exchange = filledText(options['exchange']);
  const routingKey = filledText(options['routing_key']);
  if (exchange !== undefined && routingKey !== undefined) return { exchange, routingKey };
  return { queue: filledText(options['queue']) ?? queueOf(task) };
}

function stampsOf(options: Signature['options']): TaskMessage['stamps'] {
  const { stamped_headers: names } = options;
  if (!Array.isArray(names) || names.length === 0) return undefined;
  return Object.fromEntries(names.filter((name) => typeof name === 'string').map((name) => [name, options[name]]));
}

function time(value: unknown): number | undefined {
  return typeof value === 'string' ? Date.parse(value) || undefined : undefined;
}
