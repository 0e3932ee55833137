import type { Command } from 'commander';
import { withApp } from './app/app-arguments.ts';
import { findFile } from './app/find-file.ts';
import type { DriftArguments, MigrateArguments } from './migrate/with-migrations.ts';

interface MakeArguments extends MigrateArguments {
  readonly title: string;
}

/** Adds `cortado migrate latest|up|down|list|make|drift`. */
export function addMigrateCommand(program: Command): void {
  const migrate = program.command('migrate').description("make and run the migrations of an app's database");
  const steps = [
    ['latest', 'run all that have not been run'],
    ['up', 'run the next one'],
    ['down', 'undo the last one'],
  ] as const;
  for (const [name, description] of steps)
    withFolder(migrate.command(name))
      .description(description)
      .action(async (file: string | undefined, options: MigrateArguments) =>
        (await load()).takeSteps(findFile(file), options, name),
      );
  withFolder(migrate.command('list'))
    .description('list the migrations, and when each was run')
    .action(async (file: string | undefined, options: MigrateArguments) =>
      (await load()).listMigrations(findFile(file), options),
    );
  withFolder(migrate.command('make'))
    .description('write a migration with what the models have and the database has not')
    .requiredOption('-t, --title <text>', 'what it does, in a few words')
    .action(async (file: string | undefined, { title, ...options }: MakeArguments) =>
      (await load()).makeMigration(findFile(file), options, title),
    );
  withDatabase(migrate.command('drift'))
    .description('say in what the tables differ from the models; exit code 1 where they do')
    .action(async (file: string | undefined, options: DriftArguments) =>
      (await load()).showDrift(findFile(file), options),
    );
}

function withDatabase(command: Command): Command {
  return withApp(command).option('--database <name>', 'name of the database, where the app uses several');
}

function withFolder(command: Command): Command {
  return withDatabase(command).option(
    '-d, --folder <path>',
    'folder of the migrations (default: the one that the app declares, else ./migrations)',
  );
}

const load = (): Promise<typeof import('./migrate/with-migrations.ts')> => import('./migrate/with-migrations.ts');
