import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { type AnyModel, type Database, type DatabaseOptions, database, type Tables } from '../../../src/db/index.ts';
import { type PostgresServer, startPostgres } from '../../support/postgres.ts';

/** A kind of database that the suite runs over. */
export interface Backend {
  readonly name: string;
  readonly kind: 'sqlite' | 'postgres';
  /** A URL of an empty database. */
  readonly url: () => Promise<string>;
}

let folder: Promise<string> | undefined;
let files = 0;
after(async () => folder !== undefined && rm(await folder, { recursive: true, force: true }));

/** A path for a SQLite file that is removed after the tests of this file. */
export async function temporaryFile(): Promise<string> {
  folder ??= mkdtemp(join(tmpdir(), 'cortado-db-'));
  return join(await folder, `${++files}.db`);
}

export const sqliteFile: Backend = {
  name: 'SQLite file',
  kind: 'sqlite',
  url: async () => `sqlite:${await temporaryFile()}`,
};

export const sqliteMemory: Backend = { name: 'SQLite memory', kind: 'sqlite', url: async () => 'sqlite::memory:' };

let server: Promise<PostgresServer> | undefined;
after(async () => (await server)?.stop());

/** The PostgreSQL server of this test file. */
export function postgresServer(): Promise<PostgresServer> {
  server ??= startPostgres();
  return server;
}

export const postgres: Backend = {
  name: 'PostgreSQL',
  kind: 'postgres',
  url: async () => (await postgresServer()).newDatabase(),
};

export const backends: readonly Backend[] = [sqliteFile, sqliteMemory, postgres];

/** Makes a database with its tables, for one test. */
export async function makeDatabase<const M extends Readonly<Record<string, AnyModel>>>(
  backend: Backend,
  models: M,
  options: Omit<DatabaseOptions<M>, 'url' | 'models'> = {},
): Promise<Database<Tables<M>>> {
  const db = database({ url: await backend.url(), models, ...options });
  await db.open();
  await db.createSchema();
  return db;
}

/** Declares one test for every backend. */
export function onEvery(name: string, fn: (backend: Backend) => Promise<void>): void {
  for (const backend of backends) test(`${backend.name}: ${name}`, () => fn(backend));
}
