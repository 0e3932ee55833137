import { checkOptions } from '../base/check-options.ts';
import { anything, choice, type Rules, string, whole } from '../base/check-values.ts';
import type { Database, DatabaseOptions } from './database-contract.ts';
import type { AnyModel, Tables } from './model/model.ts';
import { ModelDatabase } from './model-database.ts';

const rules: Rules<DatabaseOptions<Readonly<Record<string, AnyModel>>>> = {
  url: anything,
  name: string,
  models: anything,
  pool: anything,
  busyTimeout: whole(0),
  synchronous: choice('normal', 'full'),
  prepare: anything,
};

/**
 * Declares a database by its URL; nothing is opened before the app starts or the first statement is sent. SQLite runs in threads, so no
 * query holds up the loop.
 *
 * @throws CortadoError `CORTADO_DB_URL` for a URL that cannot be understood, `CORTADO_OPTION_UNKNOWN`, `CORTADO_OPTION_INVALID`.
 * @example
 * ```ts
 * export const db = database({ url: process.env.DATABASE_URL ?? 'sqlite:app.db', models: { User } });
 * app.use(db, { createSchema: true });
 * app.get('/users/{id}', { params: { id: z.int(), session: db.session }, response: User.schema }, ({ id, session }) =>
 *   session.selectFrom('users').selectAll().where('id', '=', id).executeTakeFirstOrThrow());
 * ```
 */
export function database<const Models extends Readonly<Record<string, AnyModel>> = Record<never, never>>(
  options: DatabaseOptions<Models>,
): Database<Tables<Models>> {
  checkOptions('database()', options, rules);
  return new ModelDatabase<Tables<Models>>(options);
}
