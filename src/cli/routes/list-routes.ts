import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { Plan } from '../../declare/plan/plan.ts';
import type { Route, RouteDefinition } from '../../declare/route/route.ts';
import { alternativesOf, type Security } from '../../declare/security.ts';
import type { SocketRoute } from '../../declare/socket/socket.ts';
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
  const routes = routesOf(app).filter(({ definition }) => options.all || isListed(definition));
  if (routes.length === 0 && app.mounts.length === 0) printAndExit('The app has no routes.\n');
  else if (options.schemas) printAndExit(table(schemaHeadings, (await Promise.all(routes.map(schemaRows))).flat()));
  else printAndExit(table(headings, [...routes.map(row), ...mountRows(app, '', options)]));
}

function routesOf({ routes, sockets }: Pick<MountableApp, 'routes' | 'sockets'>): readonly Route[] {
  return [...routes, ...sockets];
}

/** What is mounted, each with the routes that are known of it. */
function mountRows({ mounts }: Pick<MountableApp, 'mounts'>, below: string, options: RoutesArguments): string[][] {
  return mounts.flatMap(({ prefix, kind, plan, options: { guards }, app }) => {
    const path = `${below}${prefix}`;
    const own = ['ANY', `${path}/*`, kind, guardsOf(guards, plan), '', 'mounted'];
    if (app === undefined) return [own];
    const inner = routesOf(app).filter(({ definition }) => options.all || definition.settings.documented !== false);
    const rows = inner.map(row).map(([method, at, ...rest]) => [method!, `${path}${at}`, ...rest]);
    return [own, ...rows, ...mountRows(app, path, options)];
  });
}

const headings = ['METHOD', 'PATH', 'TAKES', 'GUARDS', 'SCOPES', 'ANSWERS'];

const schemaHeadings = ['METHOD', 'PATH', 'SCHEMA OF', 'COMPILED'];

async function schemaRows(route: Route): Promise<string[][]> {
  const { method, path, response } = route.definition;
  const inputs = fieldsOf(route).map(({ name, source, field }) => [`${name}:${source}`, field.schema] as const);
  const answer = response === undefined ? [] : [['the answer', response] as const];
  const messages = isSocket(route) ? messagesOf(route) : [];
  const verb = isSocket(route) ? 'SOCKET' : method;
  return Promise.all(
    [...inputs, ...answer, ...messages].map(async ([what, schema]) => [
      verb,
      path,
      what,
      await describeCompilation(schema),
    ]),
  );
}

function messagesOf({ incoming, outgoing }: SocketRoute): (readonly [string, StandardSchemaV1])[] {
  return [['incoming', incoming] as const, ['outgoing', outgoing] as const].flatMap(
    ([what, { frames }]): (readonly [string, StandardSchemaV1])[] =>
      typeof frames.text === 'object' ? [[what, frames.text]] : [],
  );
}

function row(route: Route): string[] {
  const { definition, plan, status } = route;
  const { method, path, response } = definition;
  const takes = fieldsOf(route).map(({ name, source }) => `${name}:${source}`);
  const isChecked = isSocket(route) ? route.outgoing.json !== undefined : response !== undefined;
  return [
    isSocket(route) ? 'SOCKET' : method,
    path,
    takes.join(' '),
    guardsOf(definition.settings.guards, plan),
    (definition.settings.scopes ?? []).join(' '),
    isChecked ? `${status} checked` : String(status),
  ];
}

function isSocket(route: Route): route is SocketRoute {
  return 'each' in route;
}

// What messages ask for comes with the handshake as well.
function fieldsOf(route: Route): Plan['fields'] {
  const { fields } = route.plan;
  const known = new Set(fields.map(({ name }) => name));
  return isSocket(route) ? [...fields, ...route.each.fields.filter(({ name }) => !known.has(name))] : fields;
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
