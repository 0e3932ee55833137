import type { Plan } from '../../declare/plan/plan.ts';
import type { Route, RouteDefinition } from '../../declare/route/route.ts';
import { alternativesOf, type Security } from '../../declare/security.ts';
import type { MountableApp } from '../../http/mounts/inner-app.ts';
import { describeCompilation } from '../../schema/library/describe-compilation.ts';
import type { AppArguments } from '../app/app-arguments.ts';
import { loadApp, silent } from '../app/load-app.ts';
import { printAndExit, quietConsole } from '../terminal/print.ts';
import { table } from '../terminal/table.ts';

export interface RoutesArguments extends AppArguments {
  readonly all?: boolean;
  readonly schemas?: boolean;
}

export async function listRoutes(file: string, options: RoutesArguments): Promise<void> {
  quietConsole();
  const app = await loadApp(file, options.app, silent);
  const isListed = ({ folder, settings }: RouteDefinition): boolean =>
    folder !== undefined || settings.documented !== false;
  const routes = app.routes.filter(({ definition }) => options.all || isListed(definition));
  if (routes.length === 0 && app.mounts.length === 0) printAndExit('The app has no routes.\n');
  else if (options.schemas) printAndExit(table(schemaHeadings, (await Promise.all(routes.map(schemaRows))).flat()));
  else printAndExit(table(headings, [...routes.map(row), ...mountRows(app, '', options)]));
}

/** What is mounted, each with the routes that are known of it. */
function mountRows({ mounts }: Pick<MountableApp, 'mounts'>, below: string, options: RoutesArguments): string[][] {
  return mounts.flatMap(({ prefix, kind, plan, options: { guards }, app }) => {
    const path = `${below}${prefix}`;
    const own = ['ANY', `${path}/*`, kind, guardsOf(guards, plan), '', 'mounted'];
    if (app === undefined) return [own];
    const inner = app.routes.filter(({ definition }) => options.all || definition.settings.documented !== false);
    const rows = inner.map(row).map(([method, at, ...rest]) => [method!, `${path}${at}`, ...rest]);
    return [own, ...rows, ...mountRows(app, path, options)];
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
  return [...guards, ...security.map(shownSecurity)].join(' ');
}

function shownSecurity(security: Security): string {
  const names = alternativesOf(security).map(({ name }) => name);
  return `${names.join('|')}${security.optional ? '?' : ''}`;
}
