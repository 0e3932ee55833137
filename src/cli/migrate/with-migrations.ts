import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CortadoError } from '../../base/error.ts';
import { shortPath } from '../../base/show/short-path.ts';
import type { Database } from '../../db/database-contract.ts';
import type { AppArguments } from '../app/app-arguments.ts';
import { loadApp, silent } from '../app/load-app.ts';
import { quietConsole } from '../terminal/print.ts';
import { table } from '../terminal/table.ts';

/** Options of every command that works with migrations. */
export interface MigrateArguments extends DriftArguments {
  readonly folder?: string;
}

/** Options of every command that works with a database. */
export interface DriftArguments extends AppArguments {
  readonly database?: string;
}

type AnyDatabase = Pick<Database<object>, 'open' | 'close' | 'drift' | 'migrations' | '~declaredFolder' | '~name'>;

export function takeSteps(file: string, options: MigrateArguments, how: 'latest' | 'up' | 'down'): Promise<void> {
  return withDatabase(file, options, async (db) => {
    const folder = folderOf(db, options.folder);
    if (!existsSync(folder))
      throw new CortadoError(
        'CORTADO_CLI',
        `there is no folder "${shortPath(folder)}". --folder names another; cortado migrate make --title 'first' writes the first migration.`,
      );
    const steps = await db.migrations(folder)[how]();
    if (steps.length === 0) return 'There was nothing to do.\n';
    return steps.map(({ name, direction }) => `${direction} ${name}\n`).join('');
  });
}

export function listMigrations(file: string, options: MigrateArguments): Promise<void> {
  return withDatabase(file, options, async (db) => {
    const migrations = await db.migrations(folderOf(db, options.folder)).list();
    const rows = migrations.map(({ name, executedAt }) => [name, executedAt?.toISOString() ?? 'waits']);
    return rows.length === 0 ? 'There are no migrations.\n' : table(['MIGRATION', 'RUN'], rows);
  });
}

export function makeMigration(file: string, options: MigrateArguments, title: string): Promise<void> {
  return withDatabase(file, options, async (db) => {
    const differences = await db.drift();
    const path = await db.migrations(folderOf(db, options.folder)).make(title);
    if (differences.length === 0) process.stderr.write(nothingNew);
    return `${shortPath(path)}\n`;
  });
}

const nothingNew = `The tables are as the models say, so the migration is empty: write in it what is to change.
Where createSchema has made the tables, make the first migration against an empty database, and take createSchema off.
`;

export function showDrift(file: string, options: DriftArguments): Promise<void> {
  return withDatabase(file, options, async (db) => {
    const differences = await db.drift();
    if (differences.length > 0) process.exitCode = 1;
    return differences.length === 0 ? 'The tables are as the models say.\n' : `${differences.join('\n')}\n`;
  });
}

function folderOf({ '~declaredFolder': declared }: AnyDatabase, asked: string | undefined): string {
  const ofApp = declared instanceof URL ? fileURLToPath(declared) : declared;
  const folder = resolve(asked ?? ofApp ?? 'migrations');
  if (ofApp !== undefined && resolve(ofApp) !== folder)
    process.stderr.write(`The app itself runs the migrations of ${shortPath(resolve(ofApp))}, not of this folder.\n`);
  return folder;
}

// The app is loaded, but not started: its start may ask for the very tables that are missing.
async function withDatabase(
  file: string,
  { app: name, database }: DriftArguments,
  work: (db: AnyDatabase) => Promise<string>,
): Promise<void> {
  quietConsole();
  const app = await loadApp(file, name, silent);
  const db = chosenDatabase(app.used.filter(isDatabase), file, database);
  await db.open();
  try {
    const text = await work(db);
    process.stdout.write(text, () => process.exit());
  } finally {
    await db.close();
  }
}

function chosenDatabase(databases: readonly AnyDatabase[], file: string, name: string | undefined): AnyDatabase {
  const fitting = name === undefined ? databases : databases.filter((db) => db['~name'] === name);
  if (fitting.length === 1) return fitting[0]!;
  const names = databases.map((db) => `--database '${db['~name']}'`).join(' or ');
  const what =
    databases.length === 0
      ? 'uses no database. Add: app.use(db);'
      : name === undefined
        ? `uses several databases. Choose one: ${names}`
        : `uses no database named "${name}". There is ${names}`;
  throw new CortadoError('CORTADO_CLI', `The app of ${shortPath(file)} ${what}`);
}

// By what it can do and not by class: the file may have loaded another copy of Cortado.
function isDatabase(value: object): value is AnyDatabase {
  return '~location' in value && 'migrations' in value;
}
