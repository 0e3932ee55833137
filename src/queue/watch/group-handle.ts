import { membersOf } from '../../base/not-awaited.ts';
import type { TaskHandle } from './task-handle.ts';
import type { WaitOptions } from './wait-for-task.ts';

/** The tasks of an enqueued group. */
export class GroupHandle<out R extends readonly unknown[]> {
  readonly handles: readonly TaskHandle<R[number]>[];

  constructor(handles: readonly TaskHandle<R[number]>[]) {
    this.handles = handles;
  }

  /** Their ids, in order. */
  get ids(): readonly string[] {
    return this.handles.map(({ id }) => id);
  }

  /**
   * Waits until all are over, and returns their results in order.
   *
   * @throws TaskFailure of the first that did not succeed; CortadoError `CORTADO_TIMEOUT`.
   */
  async result(options: WaitOptions = {}): Promise<R> {
    return (await Promise.all(this.handles.map((handle) => handle.result(options)))) as unknown as R;
  }

  /** Cancels all that are not over. */
  async cancel(reason?: string): Promise<void> {
    await Promise.all(this.handles.map((handle) => handle.cancel(reason)));
  }
}

/** What code would read of it. */
export const groupMembers: readonly string[] = membersOf(GroupHandle, 'handles');
