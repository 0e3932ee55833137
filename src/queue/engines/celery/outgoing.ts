import { randomUUID } from 'node:crypto';
import { CortadoError } from '../../../base/error.ts';
import { encodeTask } from './wire/encode-task.ts';
import { decodeSignature, decodeSignatures, record, type Signature } from './wire/signature.ts';
import type { TaskMessage, WireMessage } from './wire/task-message.ts';

/** A message and the broker's queue that it goes to. */
export interface Outgoing {
  readonly message: TaskMessage;
  readonly wire: WireMessage;
  readonly queue: string;
}

/** What follows from sending a signature: messages, and the sizes of chords that must be known before. */
export interface Expansion {
  readonly sends: readonly Outgoing[];
  readonly chords: readonly { readonly group: string; readonly size: number }[];
}

/** What a signature inherits from the task or client that sends it. */
export interface Parent {
  readonly rootId?: string | undefined;
  readonly parentId?: string | undefined;
  readonly replyTo?: string | undefined;
  readonly defaultQueue: string;
  readonly now: number;
}

type Extra = Pick<TaskMessage, 'chain' | 'chord' | 'group' | 'groupIndex'>;

const none: Partial<Extra> = {};

/** Turns a signature, which may be a chain, group or chord of others, into the messages that start it. */
export function expand(signature: Signature, parent: Parent, extra: Partial<Extra> = none): Expansion {
  switch (signature.task) {
    case 'celery.chain':
      return expandChain(signature, parent, extra);
    case 'celery.group':
      return expandGroup(signature, parent, extra);
    case 'celery.chord':
      return expandChord(signature, parent, extra);
    default:
      return { sends: [outgoing(signature, parent, extra)], chords: [] };
  }
}

function expandChain(signature: Signature, parent: Parent, extra: Partial<Extra>): Expansion {
  const [first, ...rest] = decodeSignatures(signature.kwargs['tasks']);
  if (first === undefined) return { sends: [], chords: [] };
  return expand(prepend(first, signature.args), parent, {
    ...extra,
    chain: [...(extra.chain ?? []), ...rest.toReversed()],
  });
}

function expandGroup(signature: Signature, parent: Parent, extra: Partial<Extra>): Expansion {
  if (extra.chain !== undefined && extra.chain.length > 0) {
    const [body, ...chain] = extra.chain.toReversed();
    return expandParts(signature, body!, parent, { ...extra, chain: chain.toReversed() });
  }
  const parts = decodeSignatures(signature.kwargs['tasks']).map((part) => prepend(part, signature.args));
  return join(parts.map((part) => expand(part, parent, {})));
}

function expandChord(signature: Signature, parent: Parent, extra: Partial<Extra>): Expansion {
  const body = decodeSignature(signature.kwargs['body']);
  const header = decodeSignature(signature.kwargs['header']);
  const tasks = header === undefined ? signature.kwargs['header'] : header.kwargs['tasks'];
  if (body === undefined) throw unfit('a chord without a body');
  return expandParts({ ...signature, kwargs: { tasks } }, body, parent, extra);
}

// Each part reports to the chord; the last one sends the body, which carries on with what followed.
function expandParts(signature: Signature, body: Signature, parent: Parent, extra: Partial<Extra>): Expansion {
  const parts = decodeSignatures(signature.kwargs['tasks']).map((part) => prepend(part, signature.args));
  const group = text(signature.options['group_id']) ?? text(signature.options['task_id']) ?? randomUUID();
  const rest = extra.chain ?? [];
  const followed: Signature = rest.length === 0 ? body : { ...body, options: { ...body.options, chain: [...rest] } };
  const size = parts.reduce((sum, part) => sum + chordSize(part), 0);
  const expanded = parts.map((part, index) => expand(part, parent, { chord: followed, group, groupIndex: index }));
  return join([{ sends: [], chords: [{ group, size }] }, ...expanded]);
}

function chordSize(part: Signature): number {
  return part.task === 'celery.group' ? decodeSignatures(part.kwargs['tasks']).length : 1;
}

function join(expansions: readonly Expansion[]): Expansion {
  return { sends: expansions.flatMap(({ sends }) => sends), chords: expansions.flatMap(({ chords }) => chords) };
}

function prepend(part: Signature, args: readonly unknown[]): Signature {
  return part.immutable || args.length === 0 ? part : { ...part, args: [...args, ...part.args] };
}

/** The message of a plain signature. */
function outgoing(signature: Signature, parent: Parent, extra: Partial<Extra>): Outgoing {
  const { task, args, kwargs, options } = signature;
  const id = text(options['task_id']) ?? randomUUID();
  const countdown = seconds(options['countdown']);
  const expires = options['expires'];
  const message: TaskMessage = {
    id,
    task,
    args,
    kwargs,
    eta: countdown === undefined ? time(options['eta']) : parent.now + countdown * 1000,
    expires: typeof expires === 'number' ? parent.now + expires * 1000 : time(expires),
    retries: 0,
    timeLimit: seconds(options['time_limit']),
    softTimeLimit: seconds(options['soft_time_limit']),
    group: extra.group ?? text(options['group_id']),
    groupIndex: extra.groupIndex ?? seconds(options['group_index']),
    rootId: text(options['root_id']) ?? parent.rootId ?? id,
    parentId: text(options['parent_id']) ?? parent.parentId,
    replyTo: text(options['reply_to']) ?? parent.replyTo,
    ignoreResult: options['ignore_result'] === true,
    priority: seconds(options['priority']),
    callbacks: decodeSignatures(options['link']),
    errbacks: decodeSignatures(options['link_error']),
    chain: [...(extra.chain ?? []), ...decodeSignatures(options['chain'])],
    chord: extra.chord ?? decodeSignature(options['chord']),
    headers: record(options['headers']),
  };
  const queue = text(options['queue']) ?? text(options['routing_key']) ?? parent.defaultQueue;
  return { message, wire: encodeTask(message), queue };
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function seconds(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

function time(value: unknown): number | undefined {
  return typeof value === 'string' ? Date.parse(value) || undefined : undefined;
}

function unfit(what: string): CortadoError {
  return new CortadoError('CORTADO_QUEUE_PAYLOAD', `${what} cannot be sent.`);
}
