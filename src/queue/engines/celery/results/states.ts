import type { Outcome } from '../../../contract/engine.ts';
import { isFinal, notRunYet, type TaskError, type TaskRecord, type TaskState } from '../../../contract/task-record.ts';
import type { LedgerTask } from '../../ledger/ledger-record.ts';
import { encodeJson, RawJson } from '../wire/encode-json.ts';
import { decodeException, encodeException, type WireException } from '../wire/exception.ts';
import { encodeResult, type ResultMeta } from '../wire/result.ts';
import type { TaskMessage } from '../wire/task-message.ts';
import { softLimitExceeded } from './time-limit.ts';

/** What a Celery result says about a task, as the ledger takes it: its state, and the JSON text of its result or error. */
export interface ObservedResult {
  readonly state: TaskState;
  readonly value: string;
  /** Whether any other news is more to be believed: the task may not have ended at all. */
  readonly hearsay?: boolean;
}

/** Reads a result that a worker stored; `undefined` when it says nothing that Cortado has a state for. */
export function observed(meta: ResultMeta): ObservedResult | undefined {
  if (meta.unreadable !== undefined) return unreadable(meta.unreadable);
  switch (meta.status) {
    case 'SUCCESS':
      return success(meta.result);
    case 'FAILURE':
      return { state: 'failed', value: errorText(errorOf(meta)) };
    case 'REVOKED':
      return isRevocation(meta.result, 'expired')
        ? { state: 'expired', value: errorText({ ...errorOf(meta), code: 'CORTADO_TASK_EXPIRED' }) }
        : {
            state: 'cancelled',
            value: errorText({ ...errorOf(meta), code: 'CORTADO_TASK_CANCELLED' }),
            hearsay: isHearsay(meta),
          };
    case 'RETRY':
      return { state: 'retrying', value: errorText(errorOf(meta)) };
    case 'IGNORED':
      return { state: 'succeeded', value: 'null' };
    case 'PENDING':
      return undefined;
    default:
      // STARTED, or a state of the application's own, which only a running task sets.
      return { state: 'running', value: '' };
  }
}

// Python stores what Cortado would not send on: deeper nesting, longer numbers.
function success(result: unknown): ObservedResult {
  try {
    return { state: 'succeeded', value: encodeJson(result ?? null) };
  } catch (error) {
    return unreadable((error as Error).message);
  }
}

function unreadable(message: string): ObservedResult {
  return { state: 'failed', value: errorText({ name: 'CortadoError', code: 'CORTADO_QUEUE_PAYLOAD', message }) };
}

function isRevocation(result: unknown, why: string): boolean {
  const args = (result as WireException | null)?.exc_message;
  return Array.isArray(args) && args[0] === why;
}

/**
 * Whether a revocation only says that a worker was told of a revocation. From 5.6 on every worker notes that at once, also of tasks that it never
 * had or that go on. One that really leaves a task out says as well whose child or part it was, as far as it was any.
 */
function isHearsay({ result, parentId, group }: ResultMeta): boolean {
  return parentId === undefined && group === undefined && isRevocation(result, 'revoked');
}

/** Whether an error says that a task was not started in time. */
export function isExpiry({ code }: TaskError): boolean {
  return code === 'CORTADO_TASK_EXPIRED';
}

/** The error of a failed task, named as Python names it. */
export function errorOf(meta: ResultMeta): TaskError {
  const { name, message, args, traceback } = decodeException(meta.result, meta.traceback);
  return { name, message, args, ...(traceback === undefined ? {} : { stack: traceback }) };
}

/** The JSON text of an error; what its arguments have beyond JSON becomes text. */
export function errorText(error: TaskError): string {
  return JSON.stringify(error, (_key, value: unknown) =>
    typeof value === 'bigint' || (typeof value === 'number' && !Number.isFinite(value)) ? String(value) : value,
  );
}

export function exceptionOf(error: TaskError): WireException {
  const type = error.name === softLimitExceeded ? 'SoftTimeLimitExceeded' : pythonTypes.get(error.code);
  if (type === undefined) return encodeException(error);
  const module = type === 'ValueError' ? 'builtins' : 'billiard.exceptions';
  return { exc_type: type, exc_message: [error.message], exc_module: module };
}

const pythonTypes: ReadonlyMap<string | undefined, string> = new Map([
  ['CORTADO_TIMEOUT', 'TimeLimitExceeded'],
  ['CORTADO_TASK_CRASHED', 'WorkerLostError'],
  ['CORTADO_VALIDATION', 'ValueError'],
]);

export type CeleryEnd = Extract<Outcome, { kind: 'succeeded' | 'failed' | 'cancelled' }>;

/** What Celery's result store has of a task that is over. */
export function endMeta(
  id: string,
  outcome: CeleryEnd,
  message: TaskMessage | undefined,
  children: readonly string[],
  now: number,
): string {
  if (outcome.kind === 'succeeded') {
    const result = new RawJson(outcome.result);
    return encodeResult({ id, status: 'SUCCESS', result, doneAt: now, children, ...lineage(message) });
  }
  const { kind, error } = outcome;
  if (kind === 'failed') return failureMeta(id, 'FAILURE', exceptionOf(error), error.stack, message, now);
  return failureMeta(id, 'REVOKED', revoked(isExpiry(error) ? 'expired' : 'terminated'), undefined, message, now);
}

/** The result of a task that failed, was revoked, or will be tried again. */
export function failureMeta(
  id: string,
  status: 'FAILURE' | 'RETRY' | 'REVOKED',
  exception: WireException,
  stack: string | undefined,
  message: TaskMessage | undefined,
  now: number,
): string {
  const doneAt = status === 'RETRY' ? undefined : now;
  return encodeResult({ id, status, result: exception, traceback: stack, doneAt, ...lineage(message) });
}

function lineage(message: TaskMessage | undefined): Pick<ResultMeta, 'group' | 'parentId'> {
  return { group: message?.group, parentId: message?.parentId };
}

/** The result of a task that is over, from what the ledger has of it; `undefined` while it is not. */
export function metaOf(record: TaskRecord, message: TaskMessage): string | undefined {
  const { id, state, result = 'null', error, finishedAt = 0 } = record;
  if (state === 'succeeded') return endMeta(id, { kind: state, result }, message, [], finishedAt);
  if (!isFinal(state) || error === undefined) return undefined;
  return endMeta(id, { kind: state === 'failed' ? state : 'cancelled', error }, message, [], finishedAt);
}

/** What Celery's workers raise for a task that was taken back. */
function revoked(why: 'expired' | 'terminated'): WireException {
  return { exc_type: 'TaskRevokedError', exc_message: [why], exc_module: 'celery.exceptions' };
}

/** Whether a result says something that the ledger does not know yet. */
export function isNews({ record, provisional }: LedgerTask, { state, hearsay }: ObservedResult): boolean {
  if (provisional && state === record.state && (hearsay === true || state === 'failed')) return false;
  // A run of ours has its own end.
  if (state === 'cancelled' && record.state === 'running' && record.worker !== undefined) return false;
  if (isFinal(state)) return true;
  // Until a worker of ours had it, the results come from a worker that keeps no ledger.
  return record.attempt === 0 && record.worker === undefined && record.state !== state;
}

/** What is known of a task that only its result tells of. */
export function recordFromResult(meta: ResultMeta): TaskRecord | undefined {
  const observation = observed(meta);
  if (observation === undefined) return undefined;
  const { state, value } = observation;
  return {
    id: meta.id,
    name: 'unknown',
    queue: 'unknown',
    state,
    ...{ input: '{}', priority: 0, expiresAt: undefined, unique: undefined, after: [], headers: {} },
    createdAt: meta.doneAt ?? 0,
    runAt: meta.doneAt ?? 0,
    ...notRunYet,
    result: state === 'succeeded' ? value : undefined,
    error: state === 'succeeded' || value === '' ? undefined : JSON.parse(value),
    finishedAt: isFinal(state) ? (meta.doneAt ?? Date.now()) : undefined,
  };
}
