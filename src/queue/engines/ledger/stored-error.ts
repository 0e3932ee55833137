import {
  cancelledBecause,
  cancelledWith,
  cancelledWithout,
  crashedBecause,
  expiredBecause,
  refusedBecause,
} from '../../contract/task-errors.ts';
import type { TaskError } from '../../contract/task-record.ts';

/** Why a task ended that no worker finished, as scripts store it. */
type Why =
  | { readonly why: 'ran' | 'revoked' }
  | { readonly why: 'other'; readonly id: string; readonly name?: string; readonly state?: string }
  | { readonly why: 'late'; readonly expiresAt: string }
  | { readonly why: 'crashed'; readonly crashes: number; readonly worker?: string }
  | { readonly why: 'refused'; readonly reason: string };

/** Reads the error of a task: as a worker stored it, which older versions of the scripts did as well, or in the words of what scripts store. */
export function readError(text: string): TaskError {
  const stored = JSON.parse(text) as TaskError | Why;
  if (!('why' in stored)) return stored;
  switch (stored.why) {
    case 'ran':
      return cancelledBecause('It was cancelled while it ran.');
    case 'revoked':
      return cancelledBecause('It was revoked.');
    case 'other':
      return stored.state === undefined
        ? cancelledWithout(stored.id)
        : cancelledWith({ id: stored.id, name: stored.name ?? '', state: stored.state });
    case 'late':
      return expiredBecause(Number(stored.expiresAt));
    case 'crashed':
      return crashedBecause(stored.crashes, stored.worker);
    case 'refused':
      return refusedBecause(stored.reason);
  }
}
