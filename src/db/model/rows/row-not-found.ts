import { CortadoError } from '../../../base/error.ts';

/**
 * `get`, `refresh` or `delete` found no row: a 404 in a request. Which table and filter it was, `cause` tells.
 *
 * @example
 * ```ts
 * app.onError(RowNotFound, () => Response.json({ error: 'User not found' }, { status: 404 }));
 * ```
 */
export class RowNotFound extends CortadoError {
  override name = 'RowNotFound';

  constructor(table: string) {
    super('CORTADO_ROW_NOT_FOUND', 'Not Found', { status: 404, cause: new Error(`No row of "${table}" matches.`) });
  }
}

/** A row that was to be changed is another by now than the one that was read: a 409 in a request. */
export function stale(table: string): CortadoError {
  return new CortadoError(
    'CORTADO_DB_STALE',
    `The row of "${table}" was changed by another since it was read. Read it again, and make the change anew.`,
    { status: 409, detail: 'It was changed by another in the meantime.' },
  );
}

/** `get` found more than one row: its filter should name something unique. */
export function ambiguous(table: string): CortadoError {
  return new CortadoError(
    'CORTADO_ROW_AMBIGUOUS',
    `More than one row of "${table}" matches a get(); use filter() for several.`,
  );
}
