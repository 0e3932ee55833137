import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Kysely } from 'kysely';
import { type Migration, type MigrationResult, type MigrationResultSet, Migrator } from 'kysely/migration';
import { CortadoError } from '../../base/error.ts';
import type { ModelDefinition } from '../model/table/definition.ts';
import type { AnyTables, DatabaseKind } from '../model/table/home.ts';
import { type Difference, findDrift } from './drift.ts';
import { migrationText } from './migration-text.ts';

export interface MigrationHost {
  readonly kind: DatabaseKind;
  readonly kysely: Kysely<AnyTables>;
  readonly definitions: readonly ModelDefinition[];
}

/** A migration, and when it was run. */
export interface MigrationState {
  readonly name: string;
  readonly executedAt: Date | undefined;
}

/** A step that was taken: which migration, and in which direction. */
export interface MigrationStep {
  readonly name: string;
  readonly direction: 'up' | 'down';
}

/**
 * The migrations of a database: files with `up` and `down` in a folder, run in the order of their names by Kysely's own Migrator, each
 * set of steps in one transaction and under a lock. The files and the table of what was run are those of `kysely-ctl`, which works on
 * them too.
 *
 * @example
 * ```ts
 * const migrations = db.migrations(new URL('./migrations/', import.meta.url));
 * await migrations.make('add users');   // writes what the models have and the database has not
 * await migrations.latest();
 * ```
 */
export class Migrations {
  readonly #host: MigrationHost;
  readonly #folder: string;

  constructor(host: MigrationHost, folder: string | URL) {
    this.#host = host;
    this.#folder = folder instanceof URL ? fileURLToPath(folder) : folder;
  }

  /** All migrations, in order, and when each was run. */
  async list(): Promise<MigrationState[]> {
    const migrations = await this.#migrator().getMigrations();
    return migrations.map(({ name, executedAt }) => ({ name, executedAt }));
  }

  /** Runs all that have not been run. @throws what a migration throws; nothing of the set is done then. */
  latest(): Promise<MigrationStep[]> {
    return this.#steps((migrator) => migrator.migrateToLatest());
  }

  /** Runs the next one. */
  up(): Promise<MigrationStep[]> {
    return this.#steps((migrator) => migrator.migrateUp());
  }

  /** Undoes the last one. */
  down(): Promise<MigrationStep[]> {
    return this.#steps((migrator) => migrator.migrateDown());
  }

  /** Goes up or down to a migration by its name. */
  to(name: string): Promise<MigrationStep[]> {
    return this.#steps((migrator) => migrator.migrateTo(name));
  }

  /**
   * Writes a new migration with what the models have and the database has not: the first one makes all tables. Gives the path of the file.
   *
   * @param title What it does, in a few words; a part of the file's name.
   * @throws CortadoError `CORTADO_DB_MIGRATION` while there are migrations that have not been run, as it would repeat them.
   */
  async make(title: string): Promise<string> {
    const waiting = (await this.list()).filter(({ executedAt }) => executedAt === undefined);
    if (waiting.length > 0)
      throw new CortadoError(
        'CORTADO_DB_MIGRATION',
        `Run the migrations that wait first: ${waiting.map(({ name }) => name).join(', ')}.`,
      );
    const differences: Difference[] = await findDrift(this.#host.kysely, this.#host.definitions, this.#host.kind);
    await mkdir(this.#folder, { recursive: true });
    // 20260203T040506789, so that names sort by time.
    const time = new Date().toISOString().replace(/[-:.Z]/g, '');
    const path = join(this.#folder, `${time}_${slug(title)}.ts`);
    await writeFile(path, migrationText(differences, this.#host.kind), { flag: 'wx' });
    return path;
  }

  #migrator(): Migrator {
    return new Migrator({ db: this.#host.kysely, provider: { getMigrations: () => this.#load() } });
  }

  async #steps(run: (migrator: Migrator) => Promise<MigrationResultSet>): Promise<MigrationStep[]> {
    const { error, results = [] } = await run(this.#migrator());
    if (error !== undefined) throw failed(error, results);
    return results.map(({ migrationName, direction }) => ({
      name: migrationName,
      direction: direction === 'Up' ? 'up' : 'down',
    }));
  }

  // A folder that is not there has no migrations.
  async #load(): Promise<Record<string, Migration>> {
    const files = await readdir(this.#folder).catch((error) => {
      if (error.code === 'ENOENT') return [];
      throw error;
    });
    const migrations: Record<string, Migration> = {};
    for (const file of files.filter((name) => /\.[cm]?[jt]s$/.test(name) && !/\.d\.[cm]?ts$/.test(name)).sort()) {
      const loaded = await import(pathToFileURL(join(this.#folder, file)).href);
      const migration: Partial<Migration> = typeof loaded.up === 'function' ? loaded : (loaded.default ?? {});
      if (typeof migration.up !== 'function')
        throw new CortadoError(
          'CORTADO_DB_MIGRATION',
          `The migration ${join(this.#folder, file)} exports no function "up".`,
        );
      const name = file.replace(/\.[cm]?[jt]s$/, '');
      const { database } = { ...loaded, ...loaded.default } as { database?: unknown };
      migrations[name] = isForeign(database, this.#host.kind) ? refusing(name, database) : (migration as Migration);
    }
    return migrations;
  }
}

const kinds = { sqlite: 'SQLite', postgres: 'PostgreSQL' } as const;

function isForeign(made: unknown, kind: keyof typeof kinds): made is keyof typeof kinds {
  return typeof made === 'string' && made in kinds && made !== kind;
}

// It may have been run, and stays in the list; what it says is refused only when it is to be run.
function refusing(name: string, made: keyof typeof kinds): Migration {
  const run = async (): Promise<never> => {
    const other = made === 'sqlite' ? kinds.postgres : kinds.sqlite;
    throw new CortadoError(
      'CORTADO_DB_MIGRATION',
      `${name} was made for ${kinds[made]}, whose types and statements are not those of ${other}: make it on ${other}, in a folder of its own.`,
    );
  };
  return { up: run, down: run };
}

function failed(error: unknown, results: readonly MigrationResult[]): unknown {
  const culprit = results.find(({ status }) => status === 'Error');
  const why = error instanceof Error ? error.message : String(error);
  const what =
    culprit === undefined
      ? 'The migrations cannot be run'
      : `The migration ${culprit.migrationName} failed, and nothing was changed`;
  return new CortadoError('CORTADO_DB_MIGRATION', `${what}: ${why}`, { cause: error });
}

function slug(title: string): string {
  const words = title.toLowerCase().match(/[\p{L}\p{N}]+/gu);
  if (words === null)
    throw new CortadoError('CORTADO_DB_MIGRATION', 'A migration needs a name: what it does, in a few words.');
  return words.join('_');
}
