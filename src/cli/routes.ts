import type { Command } from 'commander';
import type { Route } from '../declare/route.ts';
import { type AppArguments, withApp } from './app-arguments.ts';
import { findFile } from './find-file.ts';
import { loadApp } from './load-app.ts';
import { printAndExit, quietConsole } from './print.ts';
import { table } from './table.ts';

interface RoutesArguments extends AppArguments {
  readonly all?: boolean;
}

/** Adds `cortado routes`. */
export function addRoutesCommand(program: Command): void {
  withApp(program.command('routes'))
    .description('list the routes of an app')
    .option('-a, --all', 'those that the documentation leaves out as well')
    .action(async (file: string | undefined, options: RoutesArguments) => {
      quietConsole();
      const app = await loadApp(findFile(file), options.app, { CORTADO_LOG: 'silent' });
      const routes = app.routes.filter(({ definition }) => options.all || definition.settings.documented !== false);
      printAndExit(routes.length === 0 ? 'The app has no routes.\n' : table(headings, routes.map(row)));
    });
}

const headings = ['METHOD', 'PATH', 'TAKES', 'GUARDS', 'ANSWERS'];

function row({ definition, plan, status }: Route): string[] {
  const { method, path, response } = definition;
  const takes = plan.fields.map(({ name, source }) => `${name}:${source}`).join(' ');
  const guards = (definition.settings.guards ?? []).map(({ name }) => name).join(' ');
  return [method, path, takes, guards, response === undefined ? String(status) : `${status} checked`];
}
