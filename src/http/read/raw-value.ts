import type { FastifyRequest } from 'fastify';
import type { PlannedField } from '../../declare/plan/plan.ts';
import type { RequestContext } from '../request/context.ts';

/** Takes the value of one field off the request, before coercion. */
export type RawReader = (request: FastifyRequest, context: RequestContext) => unknown;

/** Chooses, once per field, how its value is taken from path, query, header or cookie. */
export function rawReader(planned: PlannedField, wildcard: string | undefined): RawReader {
  const { key, source, whole } = planned;
  switch (source) {
    case 'path': {
      const name = key === wildcard ? '*' : key;
      return (request) => (request.params as Record<string, string>)[name];
    }
    case 'query':
      if (whole) return wholeQuery(planned);
      return key in Object.prototype
        ? (request) => ownValue(request.query as Record<string, unknown>, key)
        : (request) => (request.query as Record<string, unknown>)[key];
    case 'header':
      return whole ? wholeHeaders(planned) : oneHeader(planned);
    default:
      return whole
        ? (_request, context) => Object.assign(emptyValues(), context.cookies)
        : (_request, context) => ownValue(context.cookies, key);
  }
}

// Without a prototype, a key named __proto__ is a key like any other.
function emptyValues(): Record<string, unknown> {
  return Object.create(null) as Record<string, unknown>;
}

function ownValue(values: Readonly<Record<string, unknown>>, key: string): unknown {
  return Object.hasOwn(values, key) ? values[key] : undefined;
}

function wholeQuery({ field }: PlannedField): RawReader {
  return (request) => {
    const values = emptyValues();
    for (const [key, value] of Object.entries(request.query as Record<string, unknown>)) {
      const property = field.properties.get(key);
      // As in FastAPI, the last of several is the value of what is no list. A function of the app gets what was sent.
      if (property === undefined || property.isPrepared) values[key] = value;
      else if (property.shape === 'array') values[key] = Array.isArray(value) ? value : [value];
      else values[key] = Array.isArray(value) ? value.at(-1) : value;
    }
    return values;
  };
}

// Node joins repeated headers with a comma; only `rawHeaders` still knows how many there were.
function distinctHeaders(request: FastifyRequest): Map<string, string[]> {
  const headers = new Map<string, string[]>();
  const { rawHeaders } = request.raw;
  for (let at = 0; at + 1 < rawHeaders.length; at += 2)
    addTo(headers, rawHeaders[at]!.toLowerCase(), rawHeaders[at + 1]!);
  return headers;
}

/** Adds one of several values of a name. */
export function addTo<T>(all: Map<string, T[]>, name: string, value: T): void {
  const known = all.get(name);
  if (known === undefined) all.set(name, [value]);
  else known.push(value);
}

/** What a function of the app gets: the text, or of several all. */
export function oneOrAll<T>(all: readonly T[] | undefined): T | readonly T[] | undefined {
  return all?.length === 1 ? all[0] : all;
}

function oneHeader({ key, field }: PlannedField): RawReader {
  if (field.shape === 'array') {
    return field.isPrepared
      ? (request) => oneOrAll(distinctHeaders(request).get(key))
      : (request) => distinctHeaders(request).get(key);
  }
  return (request) => ownValue(request.headers, key);
}

function wholeHeaders({ field, convertUnderscores }: PlannedField): RawReader {
  const names = new Map<string, string>();
  for (const name of field.properties.keys())
    names.set((convertUnderscores ? name.replaceAll('_', '-') : name).toLowerCase(), name);
  return (request) => {
    const values = emptyValues();
    for (const [header, all] of distinctHeaders(request)) {
      const name = names.get(header) ?? header;
      const property = field.properties.get(name);
      if (property?.shape !== 'array') values[name] = all.join(', ');
      else values[name] = property.isPrepared ? oneOrAll(all) : all;
    }
    return values;
  };
}
