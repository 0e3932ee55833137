import type { Callback, Route } from '../../declare/route/route.ts';
import type { DocumentTools } from './document-tools.ts';
import { mergeMembers } from './merge-members.ts';
import { parametersOf } from './parameters.ts';
import { requestBodyOf } from './request-body.ts';
import { responsesOf } from './responses.ts';

export type Operation = Readonly<Record<string, unknown>>;

/** A route as an operation of the document. `name` is that of a request that the app sends. */
export function operationOf(route: Route, tools: DocumentTools, name?: string): Operation {
  const { settings } = route.definition;
  const { components, schemes, ids } = tools;
  const operationId = ids.of(route);
  const parameters = parametersOf(route, components);
  const requestBody = requestBodyOf(route, operationId, components);
  const security = schemes.requirementsOf(route);
  const operation = {
    ...(settings.tags !== undefined && settings.tags.length > 0 && { tags: settings.tags }),
    summary: settings.summary ?? (name === undefined ? summaryOf(route) : words(name)),
    ...(settings.description !== undefined && { description: settings.description }),
    ...(settings.externalDocs !== undefined && { externalDocs: settings.externalDocs }),
    operationId,
    ...(settings.deprecated === true && { deprecated: true }),
    ...(security && { security }),
    ...(settings.servers !== undefined && { servers: settings.servers }),
    ...(parameters.length > 0 && { parameters }),
    ...(requestBody && { requestBody }),
    responses: responsesOf(route, tools),
    ...(settings.callbacks !== undefined && { callbacks: callbacksOf(settings.callbacks, tools) }),
  };
  return mergeMembers(operation, settings.openapi);
}

/** The requests that an app sends, by where to and by method. */
export function outgoingOf(
  routes: readonly { readonly route: Route; readonly name: string }[],
  tools: DocumentTools,
): Readonly<Record<string, Readonly<Record<string, Operation>>>> {
  const found: Record<string, Record<string, Operation>> = {};
  for (const { route, name } of routes) {
    const { method, path } = route.definition;
    found[path] = { ...found[path], [method.toLowerCase()]: operationOf(route, { ...tools, errors: undefined }, name) };
  }
  return found;
}

/** The requests that a route sends in return, one by one. */
export function listCallbacks(
  callbacks: Readonly<Record<string, Callback | readonly Callback[]>>,
): { readonly name: string; readonly route: Route }[] {
  return Object.entries(callbacks).flatMap(([name, given]) =>
    (isList(given) ? given : [given]).map(({ route }) => ({ name, route })),
  );
}

const isList = (given: Callback | readonly Callback[]): given is readonly Callback[] => Array.isArray(given);

function callbacksOf(
  callbacks: Readonly<Record<string, Callback | readonly Callback[]>>,
  tools: DocumentTools,
): object {
  const byName = Map.groupBy(listCallbacks(callbacks), ({ name }) => name);
  return Object.fromEntries([...byName].map(([name, routes]) => [name, outgoingOf(routes, tools)]));
}

function words(text: string): string {
  const spaced = text
    .replace(/([a-z\d])([A-Z])/g, '$1 $2')
    .replace(/[_\-/{}:.\s]+/g, ' ')
    .trim();
  return spaced.replace(/(^|\s)\S/g, (letter) => letter.toUpperCase());
}

function summaryOf({ definition, template }: Route): string {
  const { name } = definition.handler;
  if (name !== '') return words(name);
  return words(`${definition.method.toLowerCase()} ${template.source.replace(/\{[^}]*\}/g, ' ')}`) || definition.method;
}
