import type { Command } from 'commander';
import type { Plan } from '../declare/plan/plan.ts';
import type { Route, RouteDefinition } from '../declare/route/route.ts';
import { describeCompilation } from '../schema/library/describe-compilation.ts';
import { type AppArguments, withApp } from './app/app-arguments.ts';
import { findFile } from './app/find-file.ts';
import { loadApp, silent } from './app/load-app.ts';
import { printAndExit, quietConsole } from './terminal/print.ts';
import { table } from './terminal/table.ts';

interface RoutesArguments extends AppArguments {
  readonly all?: boolean;
  readonly schemas?: boolean;
}

export function addRoutesCommand(program: Command): void {
  withApp(program.command('routes'))
    .description('list the routes of an app')
    .option('-a, --all', 'those that the documentation leaves out as well')
    .option('--schemas', 'their schemas: which ones are compiled, and why others are not')
    .action(async (file: string | undefined, options: RoutesArguments) => {
      quietConsole();
      const app = await loadApp(findFile(file), options.app, silent);
      const routes = app.routes.filter(({ definition }) => options.all || definition.settings.documented !== false);
      if (routes.length === 0) printAndExit('The app has no routes.\n');
      else if (options.schemas) printAndExit(table(schemaHeadings, (await Promise.all(routes.map(schemaRows))).flat()));
      else printAndExit(table(headings, routes.map(row)));
    });
}

const headings = ['METHOD', 'PATH', 'TAKES', 'GUARDS', 'SCOPES', 'ANSWERS'];

const schemaHeadings = ['METHOD', 'PATH', 'SCHEMA OF', 'COMPILED'];

async function schemaRows({ definition: { method, path, response }, plan }: Route): Promise<string[][]> {
  const inputs = plan.fields.map(({ name, source, field }) => [`${name}:${source}`, field.schema] as const);
  const answer = response === undefined ? [] : [['the answer', response] as const];
  return Promise.all(
    [...inputs, ...answer].map(async ([what, schema]) => [method, path, what, await describeCompilation(schema)]),
  );
}

function row({ definition, plan, status }: Route): string[] {
  const { method, path, response } = definition;
  const takes = plan.fields.map(({ name, source }) => `${name}:${source}`).join(' ');
  return [
    method,
    path,
    takes,
    guardsOf(definition.settings.guards, plan),
    (definition.settings.scopes ?? []).join(' '),
    response === undefined ? String(status) : `${status} checked`,
  ];
}

// With the schemes of all credentials that are read, also where a parameter asks for them; `?` is for one that a request may come without.
function guardsOf(declared: RouteDefinition['settings']['guards'], { security }: Plan): string {
  const guards = (declared ?? []).filter((guard) => guard.security === undefined).map(({ name }) => name);
  return [...guards, ...security.map(({ name, optional }) => (optional ? `${name}?` : name))].join(' ');
}
