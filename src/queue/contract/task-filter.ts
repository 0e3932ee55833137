import { invalidCursor } from '../../inject/invalid-cursor.ts';
import type { TaskFilter } from './engine.ts';
import type { TaskRecord } from './task-record.ts';

export function fitsFilter(
  task: Pick<TaskRecord, 'state' | 'queue' | 'name'>,
  { states, queue, name }: TaskFilter,
): boolean {
  return (
    (states === undefined || states.includes(task.state)) &&
    (queue === undefined || task.queue === queue) &&
    (name === undefined || task.name === name)
  );
}

/** Refuses a cursor that no page of tasks has given. @throws ValidationError, status 422. */
export function checkCursor(cursor: string | undefined): void {
  if (cursor !== undefined && !/^\d{1,15}$/.test(cursor)) throw invalidCursor('list()', cursor, 'CORTADO_VALIDATION');
}
