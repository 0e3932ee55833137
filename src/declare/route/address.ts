import { shown } from '../../base/check-values.ts';
import { CortadoError, invalidOption } from '../../base/error.ts';
import { inJson } from '../../base/json/in-json.ts';
import type { PlannedField } from '../plan/plan.ts';
import type { Route } from './route.ts';

/** What a caller passes for the inputs of a route, by name. */
export type Given = Readonly<Record<string, unknown>>;

/** Path and query string of a route for some inputs, `/users/3?verbose=true`. Throws where the path lacks one, or it cannot stand there. */
export function addressOf(route: Route, given: Given): string {
  const path = pathOf(route, given);
  const search = new URLSearchParams();
  for (const field of route.plan.fields)
    if (field.source === 'query') for (const [key, text] of pairsOf(field, given)) search.append(key, text);
  return search.size === 0 ? path : `${path}?${search}`;
}

function pathOf({ name, template, plan }: Route, given: Given): string {
  return template.source.replace(/\{(\w+|[^{}:]+)(:path)?\}/g, (_, key: string, rest: string | undefined) => {
    const field = plan.fields.find((planned) => planned.source === 'path' && planned.key === key);
    const value = given[field?.name ?? key];
    if (value === undefined || value === null)
      throw new CortadoError('CORTADO_PATH_PARAMETER', `${name}: its path has {${key}}, and nothing was given for it.`);
    const text = textOf(name, field?.name ?? key, value);
    const segments = rest === undefined ? [text] : text.split('/');
    // An empty segment is no value to the router, and clients resolve dots before they send an address.
    const wrong = segments.find((segment) => (segment === '' && rest === undefined) || /^\.{1,2}$/.test(segment));
    if (wrong !== undefined) throw invalidOption(`${name}: ${shown(text)} cannot stand in a path for {${key}}.`);
    return segments.map(encodeURIComponent).join('/');
  });
}

/** What is sent for an input that is one text or several: its name on the wire and each text. Of a model, those of its members. */
export function pairsOf(field: PlannedField, given: Given): readonly (readonly [key: string, text: string])[] {
  const value = given[field.name];
  const members: readonly (readonly [string, unknown])[] =
    field.whole && typeof value === 'object' && value !== null ? Object.entries(value) : [[field.key, value]];
  return members.flatMap(([key, member]) => {
    const items = [inJson(member)].flat();
    return items
      .filter((item) => item !== undefined && item !== null)
      .map((item) => [key, textOf(field.name, key, item)] as const);
  });
}

/** A value as text, as a route reads it: dates in ISO 8601, bytes in base64, whatever else says itself what it is by that. */
function textOf(owner: string, name: string, given: unknown): string {
  const value = inJson(given);
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') return String(value);
  const said = (value as { toJSON?: unknown } | null)?.toJSON;
  if (typeof said === 'function') return String(said.call(value));
  throw invalidOption(`${owner}: ${shown(value)} for "${name}" cannot be sent as text.`);
}

/** Refuses names that are no inputs of a route. */
export function checkGiven({ name, plan, template }: Route, given: Given): void {
  const known = new Set([...plan.fields.map((field) => field.name), ...template.names]);
  const unknown = Object.keys(given).find((key) => !known.has(key));
  if (unknown === undefined) return;
  const names = known.size === 0 ? 'it has none' : `it has ${[...known].join(', ')}`;
  throw new CortadoError('CORTADO_OPTION_UNKNOWN', `${name}: no input is named "${unknown}"; ${names}.`);
}
