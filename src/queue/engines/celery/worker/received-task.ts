import type { EngineHost } from '../../../contract/engine.ts';
import type { TaskRecord } from '../../../contract/task-record.ts';
import type { LedgerTask } from '../../ledger/ledger-record.ts';
import type { Received } from '../brokers/broker.ts';
import { mapArguments } from '../messages/map-arguments.ts';
import { encodeJson } from '../wire/encode-json.ts';
import { PythonError } from '../wire/exception.ts';
import type { TaskMessage } from '../wire/task-message.ts';
import { isBuiltIn } from './built-ins.ts';

export interface ReceivedTask {
  readonly message: TaskMessage;
  readonly record: TaskRecord;
  /** Whether the ledger knows all that already. */
  readonly isKnown: boolean;
  /** What becomes of it: it runs, waits until `record.runAt`, or is over before it began. */
  readonly verdict: 'run' | 'hold' | 'expired';
}

/**
 * Reads what is to run from the message that came: name, arguments, times, retries. The ledger only tells what happened to a task of this id,
 * which may be another one than was sent under it first. Throws what the sender is answered with when it cannot run here.
 */
export function receivedTask(
  { verdict, task, decoded }: Received,
  host: EngineHost,
  priorityOf: (message: TaskMessage) => number,
): ReceivedTask {
  if (!decoded.ok) throw new PythonError('DecodeError', [decoded.reason], { module: 'kombu.exceptions' });
  const { message } = decoded;
  const now = host.clock.now();
  const { record: known } = task;
  const isOwn = verdict === 'run' && isOwnTask(task, message);
  const attempt = Math.max(known.attempt, message.retries + 1);
  const parameters = host.tasks.parametersOf(message.task);
  if (parameters === undefined && !isBuiltIn(message.task)) {
    // One of our own may be newer than this worker: it is tried again, as with every engine.
    if (isOwn) return { message, record: { ...known, attempt }, isKnown: true, verdict: 'run' };
    throw new PythonError('NotRegistered', [message.task], { module: 'celery.exceptions' });
  }
  // Of what Celery has built in.
  const { args, kwargs } = message;
  const isDue = message.eta === undefined || message.eta <= now || message.eta <= known.runAt;
  const record: TaskRecord = {
    ...known,
    name: message.task,
    input: encodeJson(parameters === undefined ? { args, kwargs } : mapArguments(message, parameters, isOwn)),
    runAt: isDue ? known.runAt : message.eta!,
    expiresAt: message.expires,
    priority: priorityOf(message),
    headers: textHeaders(message),
    attempt,
  };
  const isLate = message.expires !== undefined && message.expires <= now;
  const isKnown = verdict === 'run' && isDue && isSame(record, known);
  // The ledger sees to it that its own tasks expire, and none that has begun once does.
  if (isLate && !isOwn && known.attempt <= 1) return { message, record, isKnown, verdict: 'expired' };
  return { message, record, isKnown, verdict: isDue ? 'run' : 'hold' };
}

/** Whether the ledger had all of the task before the message came, and it is that task. */
export function isOwnTask({ foreign, expected, record }: LedgerTask, { task }: TaskMessage): boolean {
  return !foreign && !expected && record.name === task;
}

function isSame(a: TaskRecord, b: TaskRecord): boolean {
  const names = ['name', 'input', 'runAt', 'expiresAt', 'priority', 'attempt'] as const;
  return names.every((name) => a[name] === b[name]) && JSON.stringify(a.headers) === JSON.stringify(b.headers);
}

// Stamps are headers as well; a header of the same name is the application's own word.
function textHeaders({ headers, stamps = {} }: TaskMessage): Record<string, string> {
  const own = Object.entries(headers).filter(([, value]) => value !== null && value !== undefined);
  // What is no text is JSON, as everywhere where only text travels.
  const text = (value: unknown): string => (typeof value === 'string' ? value : encodeJson(value));
  return Object.fromEntries([...Object.entries(stamps), ...own].map(([name, value]) => [name, text(value)]));
}
