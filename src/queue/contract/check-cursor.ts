import { invalidCursor } from '../../inject/invalid-cursor.ts';

/** Refuses a cursor that no page of tasks has given. @throws ValidationError, status 422. */
export function checkCursor(cursor: string | undefined): void {
  if (cursor !== undefined && !/^\d{1,15}$/.test(cursor)) throw invalidCursor('list()', cursor, 'CORTADO_VALIDATION');
}
