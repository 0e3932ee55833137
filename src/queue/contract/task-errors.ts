import type { ErrorCode } from '../../base/error-codes.ts';
import type { TaskError } from './task-record.ts';

function coded(code: ErrorCode, message: string): TaskError {
  return { name: 'CortadoError', code, message };
}

export function cancelledBecause(reason: string): TaskError {
  return coded('CORTADO_TASK_CANCELLED', reason);
}

export function expiredBecause(expiresAt: number): TaskError {
  return coded('CORTADO_TASK_EXPIRED', `It was not started by ${isoTime(expiresAt)}.`);
}

/** Why a task is not tried again. */
export function crashedBecause(crashes: number, worker: string | undefined): TaskError {
  const last = worker === undefined ? '' : `; the last one was ${worker}`;
  return coded(
    'CORTADO_TASK_CRASHED',
    `${crashes} workers were lost while they ran it${last}. Retry it once the cause is known.`,
  );
}

/** Why a task that waited for another one never starts. */
export function cancelledWith(before: Readonly<Record<'id' | 'name' | 'state', string>>): TaskError {
  return cancelledBecause(`It waits for the result of "${before.name}" (${before.id}), which is ${before.state}.`);
}

/** Why a task that waited for one that is not known any more never starts. */
export function cancelledWithout(before: string): TaskError {
  return cancelledBecause(`It waits for ${before}, which is gone.`);
}

/** Why a task can never reach a worker. */
export function refusedBecause(reason: string): TaskError {
  return coded('CORTADO_QUEUE_UNREACHABLE', `Its queue cannot be used: ${reason}`);
}

/** A time in ISO 8601, or the number where it is out of range. */
export function isoTime(time: number): string {
  return Math.abs(time) <= 8.64e15 ? new Date(time).toISOString() : String(time);
}
