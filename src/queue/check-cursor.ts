import { CortadoError } from '../base/error.ts';

/** Refuses a cursor that no page of tasks has given. @throws CortadoError `CORTADO_OPTION_INVALID`, status 400. */
export function checkCursor(cursor: string | undefined): void {
  if (cursor !== undefined && !/^\d{1,15}$/.test(cursor))
    throw new CortadoError('CORTADO_OPTION_INVALID', 'The cursor is none that a page has given.', { status: 400 });
}
