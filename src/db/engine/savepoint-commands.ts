import { CompiledQuery, type DatabaseConnection } from 'kysely';

/** A name as it stands in a statement. */
export function quotedName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

async function send(connection: DatabaseConnection, text: string): Promise<void> {
  await connection.executeQuery(CompiledQuery.raw(text));
}

type Command = (connection: DatabaseConnection, name: string) => Promise<void>;

/** What Kysely's own transactions ask of a driver for savepoints. */
export const savepointCommands: Readonly<Record<'savepoint' | 'rollbackToSavepoint' | 'releaseSavepoint', Command>> = {
  savepoint: (connection, name) => send(connection, `savepoint ${quotedName(name)}`),
  rollbackToSavepoint: (connection, name) => send(connection, `rollback to savepoint ${quotedName(name)}`),
  releaseSavepoint: (connection, name) => send(connection, `release savepoint ${quotedName(name)}`),
};
