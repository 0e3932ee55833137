import type { BuiltInTask, CallTask, EngineHost } from '../../../contract/engine.ts';
import { afterChord, childOf } from '../messages/follow-ups.ts';
import { blank, freeze } from '../messages/freeze.ts';
import { mapArguments } from '../messages/map-arguments.ts';
import { expand, type FollowUps, type Parent } from '../messages/outgoing.ts';
import { chordError, encodeException, PythonError } from '../wire/exception.ts';
import { isFinalStatus, type ResultMeta } from '../wire/result.ts';
import { decodeSignature, withResult } from '../wire/signature.ts';
import type { TaskMessage } from '../wire/task-message.ts';

export interface BuiltInOptions {
  readonly host: EngineHost;
  readonly parent: Parent;
  /** The result of a task, as far as there is one. */
  readonly resultOf: (id: string) => Promise<ResultMeta | undefined>;
  /** Takes what follows, which is sent when the end of the run is stored. */
  readonly follow: (followUps: FollowUps) => void;
}

type Run = (
  input: Readonly<Record<string, unknown>>,
  message: TaskMessage,
  options: BuiltInOptions,
  call: CallTask,
) => Promise<unknown>;

interface BuiltIn {
  /** In their order, for arguments that come by position. */
  readonly parameters: readonly string[];
  readonly run: Run;
}

// Of what another worker may be able to do: it is handed back to the queue as often.
const handedBack = 10;

/** Thrown to have the task once more in a while. */
class NotYet extends PythonError {}

const each: (unpack: (item: unknown) => readonly unknown[]) => Run =
  (unpack) => async (input, _message, options, call) => {
    const results: unknown[] = [];
    for (const item of list(input['it'])) results.push(await callNow(input['task'], unpack(item), options, call));
    return results;
  };

const starred = each((item) => list(item));

/** The tasks that every Celery application has: `celery/app/builtins.py`. */
const builtIns: Readonly<Record<string, BuiltIn>> = {
  'celery.map': { parameters: ['task', 'it'], run: each((item) => [item]) },
  'celery.starmap': { parameters: ['task', 'it'], run: starred },
  'celery.chunks': {
    parameters: ['task', 'it', 'n'],
    run: async (input, ...rest) => {
      const items = list(input['it']);
      const size = Math.max(1, Number(input['n']) || 1);
      const results: unknown[] = [];
      for (let at = 0; at < items.length; at += size)
        results.push(await starred({ ...input, it: items.slice(at, at + size) }, ...rest));
      return results;
    },
  },
  'celery.accumulate': {
    parameters: [],
    run: async (_input, { args, kwargs }) => {
      const { index } = kwargs;
      if (typeof index !== 'number') return args;
      if (index >= args.length || index < -args.length)
        throw new PythonError('IndexError', ['tuple index out of range']);
      return args.at(index);
    },
  },
  // Redis forgets results by itself.
  'celery.backend_cleanup': { parameters: [], run: async () => null },
  'celery.chain': {
    parameters: [],
    run: async () => {
      throw new PythonError('NotImplementedError', ['chain is not a real task']);
    },
  },
  'celery.group': {
    parameters: ['tasks', 'result', 'group_id', 'partial_args', 'add_to_parent'],
    run: async ({ tasks, result, group_id, partial_args }, message, { parent, follow }) => {
      const args = list(partial_args);
      const group = freeze({ ...blank, task: 'celery.group', args, kwargs: { tasks }, options: { group_id } });
      follow(expand(group, childOf(message, parent)));
      return result ?? null;
    },
  },
  'celery.chord': {
    parameters: ['header', 'body', 'partial_args'],
    run: async ({ header, body, partial_args }, message, { parent, follow }) => {
      const args = list(partial_args);
      const chord = freeze({ ...blank, task: 'celery.chord', args, kwargs: { header, body } });
      follow(expand(chord, childOf(message, parent)));
      return [[decodeSignature(chord.kwargs['body'])?.options['task_id'] ?? null, null], null];
    },
  },
  'celery.chord_unlock': {
    parameters: ['group_id', 'callback', 'interval', 'max_retries', 'result'],
    run: async ({ callback, result }, message, { parent, follow, resultOf }) => {
      const body = decodeSignature(callback);
      if (body === undefined) throw new PythonError('TypeError', ['the callback of a chord must be a signature']);
      const frozen = freeze(body);
      const from = childOf(message, parent);
      try {
        const values = await Promise.all(list(result).map((one) => joined(one, resultOf)));
        follow(expand(withResult(frozen, values), from));
      } catch (error) {
        if (!(error instanceof PythonError && error.type === 'ChordError')) throw error;
        follow(afterChord(frozen, encodeException(error), from));
      }
      return null;
    },
  },
};

/** Whether Celery itself has a task of that name. */
export function isBuiltIn(task: string): boolean {
  return Object.hasOwn(builtIns, task);
}

/**
 * Runs what Celery has built in as its own workers do. A task in Python that is to be called by one, and parts of a chord whose results are
 * elsewhere, are left to those: the message goes back to its queue for a while.
 */
export function builtInTask(message: TaskMessage, options: BuiltInOptions): BuiltInTask | undefined {
  if (!isBuiltIn(message.task)) return undefined;
  const { parameters, run } = builtIns[message.task]!;
  const isUnlock = message.task === 'celery.chord_unlock';
  const named = Object.fromEntries(message.args.map((value, at) => [parameters[at] ?? '', value]));
  const input = { ...named, ...message.kwargs };
  const interval = typeof input['interval'] === 'number' ? input['interval'] * 1000 : 1000;
  const most = typeof input['max_retries'] === 'number' ? input['max_retries'] : Number.POSITIVE_INFINITY;
  return {
    run: (call) => run(input, message, options, call),
    retries: isUnlock ? most : handedBack,
    backoff: (attempt) => (isUnlock ? interval : Math.min(2000, 200 * attempt)),
    retryIf: (error) => error instanceof NotYet,
  };
}

function callNow(task: unknown, args: readonly unknown[], { host }: BuiltInOptions, call: CallTask): Promise<unknown> {
  const name = decodeSignature(task)?.task ?? String(task);
  const message = { task: name, args: [...args], kwargs: {} };
  const parameters = host.tasks.parametersOf(name);
  const answer = parameters && call(name, mapArguments(message, parameters));
  if (answer === undefined) throw new NotYet('NotRegistered', [name], { module: 'celery.exceptions' });
  return answer;
}

// A result is [[id, parent], [results of a group] or null]. Of all parts that are not there yet, one is enough to wait.
async function joined(result: unknown, resultOf: BuiltInOptions['resultOf']): Promise<unknown> {
  const [head, members] = list(result);
  if (Array.isArray(members)) return Promise.all(members.map((member) => joined(member, resultOf)));
  const id = String(list(head)[0]);
  const meta = await resultOf(id);
  if (meta === undefined || !isFinalStatus(meta.status))
    throw new NotYet('Retry', ['parts of the chord are not done'], { module: 'celery.exceptions' });
  if (meta.status === 'FAILURE' || meta.status === 'REVOKED') throw chordError(id, meta.result);
  return meta.result ?? null;
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : value === undefined || value === null ? [] : [value];
}
