import type { Command } from 'commander';
import { withApp } from './app/app-arguments.ts';
import { findFile } from './app/find-file.ts';
import type { RoutesArguments } from './routes/list-routes.ts';

export function addRoutesCommand(program: Command): void {
  withApp(program.command('routes'))
    .description('list the routes of an app')
    .option('-a, --all', 'those that the documentation leaves out as well')
    .option('--schemas', 'their schemas: which ones are compiled, and why others are not')
    .action(async (file: string | undefined, options: RoutesArguments) =>
      (await import('./routes/list-routes.ts')).listRoutes(findFile(file), options),
    );
}
