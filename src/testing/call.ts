import type { StandardSchemaV1 } from '@standard-schema/spec';
import { inJson } from '../base/json/in-json.ts';
import { addressOf, checkGiven, type Given, pairsOf } from '../declare/route/address.ts';
import type { AddressOptions, AnswerOf, AsJson, CallInput } from '../declare/route/endpoint.ts';
import type { Route } from '../declare/route/route.ts';
import type { SocketRoute } from '../declare/socket/socket.ts';
import type { Flat, Params } from '../declare/values.ts';
import { stringify } from '../http/respond/json.ts';
import type { Issue } from '../schema/issues/issue.ts';
import { readEvents } from './read-events.ts';
import type { TestRequest } from './test-request.ts';
import type { TestResponse } from './test-response.ts';

/** A status that is no success. */
export type OtherStatus = Redirection | ClientError | ServerError;

type Redirection = 300 | 301 | 302 | 303 | 304 | 307 | 308;
type ClientError =
  | (400 | 401 | 402 | 403 | 404 | 405 | 406 | 408 | 409 | 410 | 411 | 412 | 413 | 414 | 415 | 416 | 417 | 418)
  | (421 | 422 | 423 | 424 | 425 | 426 | 428 | 429 | 431 | 451);
type ServerError = 500 | 501 | 502 | 503 | 504 | 505 | 507 | 508 | 511;

/** What an error answers with: `detail` in FastAPI's format, and the members of RFC 9457 in the other one. */
export interface ErrorBody {
  readonly detail?: unknown;
  readonly title?: string;
  readonly status?: number;
}

/** What a 422 answers with; in RFC 9457's format the reasons are its `errors`. */
export interface InvalidBody extends ErrorBody {
  readonly detail: readonly Issue[];
}

/** What came of a call that succeeded, with a status from 200 to 299. */
export interface CallSuccess<T> {
  readonly ok: true;
  readonly status: number;
  readonly data: T;
  readonly error?: never;
  readonly response: TestResponse;
}

/** What came of a call that did not. */
export interface CallFailure<S extends number, E> {
  readonly ok: false;
  readonly status: S;
  readonly data?: never;
  readonly error: E;
  readonly response: TestResponse;
}

type Declared<F> = Extract<keyof F, number>;

type BodyOf<D> = D extends { readonly schema: infer S extends StandardSchemaV1 }
  ? AsJson<StandardSchemaV1.InferOutput<S>>
  : ErrorBody;

/** The body of a status that only its hundred tells of, or `default`. */
type RestBody<F, Hundred extends string> =
  F extends Readonly<Record<Hundred, infer D>>
    ? BodyOf<D>
    : F extends { readonly default: infer D }
      ? BodyOf<D>
      : ErrorBody;

/** What came of a call: tell them apart by `ok`, and failures by `status`. */
export type CallResult<Answer, Further> =
  | CallSuccess<AsJson<AnswerOf<Answer>>>
  | { [S in Declared<Further>]: CallFailure<S, BodyOf<Further[S]>> }[Declared<Further>]
  | (422 extends Declared<Further> ? never : CallFailure<422, InvalidBody>)
  | CallFailure<Exclude<Redirection, Declared<Further>>, RestBody<Further, '3XX'>>
  | CallFailure<Exclude<ClientError, Declared<Further> | 422>, RestBody<Further, '4XX'>>
  | CallFailure<Exclude<ServerError, Declared<Further>>, RestBody<Further, '5XX'>>;

/** Options of a call: what its inputs do not say, a credential for example. */
export interface RouteCallOptions extends AddressOptions, Pick<TestRequest, 'headers' | 'followRedirects'> {}

/** Options of a test's socket: what its inputs do not say. */
export interface SocketCallOptions extends AddressOptions, Pick<TestRequest, 'headers'> {
  /** What the client offers, the preferred one first. */
  readonly subprotocols?: readonly string[];
}

/** The arguments of `client.socket` behind the socket; one that needs no input needs none. */
export type SocketArguments<S extends string, P extends Params> =
  Record<never, never> extends CallInput<S, P>
    ? [inputs?: Flat<CallInput<S, P>> & OfDependencies, options?: SocketCallOptions]
    : [inputs: Flat<CallInput<S, P>> & OfDependencies, options?: SocketCallOptions];

/** A socket with the inputs of its messages' dependencies among its own, which come with the handshake as well. */
export function withEach(route: SocketRoute): SocketRoute {
  const { plan, each } = route;
  const known = new Set(plan.fields.map(({ name }) => name));
  const more = each.fields.filter(({ name }) => !known.has(name));
  return { ...route, plan: { ...plan, fields: [...plan.fields, ...more] } };
}

/** The arguments of a call behind the route; one that needs no input needs none. */
export type CallArguments<S extends string, P extends Params> =
  Record<never, never> extends CallInput<S, P>
    ? [inputs?: Flat<CallInput<S, P>> & OfDependencies, options?: RouteCallOptions]
    : [inputs: Flat<CallInput<S, P>> & OfDependencies, options?: RouteCallOptions];

// What only dependencies read has no type here.
interface OfDependencies {
  readonly [name: string]: unknown;
}

/** The request of a call. */
export function requestOf(
  route: Route,
  given: Given,
  options: RouteCallOptions,
): { readonly url: string; readonly sent: TestRequest; readonly cookies: readonly (readonly [string, string])[] } {
  checkGiven(route, given);
  const { headers = {}, followRedirects } = options;
  const all: Record<string, string | string[]> = {};
  const cookies: (readonly [string, string])[] = [];
  for (const field of route.plan.fields) {
    if (field.source === 'cookie') cookies.push(...pairsOf(field, given));
    if (field.source !== 'header') continue;
    for (const [key, text] of pairsOf(field, given)) {
      const name = field.whole && field.convertUnderscores ? key.replaceAll('_', '-') : key;
      all[name] = all[name] === undefined ? text : [all[name], text].flat();
    }
  }
  const { body, type } = bodyOf(route, given);
  return {
    url: addressOf(route, given),
    cookies,
    sent: {
      headers: { ...(type !== undefined && { 'content-type': type }), ...all, ...headers },
      ...(typeof body === 'string' ? { body } : body && { form: body }),
      ...(followRedirects !== undefined && { followRedirects }),
    },
  };
}

function bodyOf({ plan }: Route, given: Given): { body?: string | FormData; type?: string } {
  const jsons = plan.fields.filter(({ source }) => source === 'body');
  const forms = plan.fields.filter(({ source }) => source === 'form' || source === 'file');
  if (jsons.length > 0) {
    const present = jsons.filter(({ name }) => given[name] !== undefined);
    if (present.length === 0) return {};
    const value = present[0]!.whole
      ? given[present[0]!.name]
      : Object.fromEntries(present.map(({ key, name }) => [key, given[name]]));
    return { body: stringify(onWire(value)), type: 'application/json' };
  }
  const entries = forms.flatMap((field) => entriesOf(given[field.name], field.key, field.whole));
  if (entries.length === 0) return {};
  if (!entries.some(([, value]) => value instanceof Blob) && !forms.some(({ source }) => source === 'file')) {
    const texts = entries.map(([key, value]) => [key, String(value)] as [string, string]);
    return { body: new URLSearchParams(texts).toString(), type: 'application/x-www-form-urlencoded' };
  }
  const body = new FormData();
  for (const [key, value] of entries) body.append(key, value);
  return { body };
}

// At every depth; what says by itself what it is in JSON does so as it is written.
function onWire(given: unknown): unknown {
  const value = inJson(given);
  if (Array.isArray(value)) return value.map(onWire);
  if (typeof value !== 'object' || value === null || 'toJSON' in value) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, onWire(member)]));
}

// Files are what they are; all else is a text.
function entriesOf(given: unknown, key: string, isWhole: boolean): [string, string | Blob][] {
  const value = inJson(given);
  if (value === undefined || value === null) return [];
  if (isWhole && !(value instanceof Blob))
    return Object.entries(value).flatMap(([name, member]) => entriesOf(member, name, false));
  if (Array.isArray(value)) return value.flatMap((item) => entriesOf(item, key, false));
  if (value instanceof Blob) return [[key, value]];
  const said = (value as { toJSON?: () => unknown }).toJSON;
  return [[key, String(typeof said === 'function' ? said.call(value) : value)]];
}

/** What an answer says, by its media type. */
export async function dataOf(response: TestResponse): Promise<unknown> {
  const type = response.headers.get('content-type') ?? '';
  const bytes = await response.bytes();
  if (bytes.length === 0) return undefined;
  if (/[/+]json\b/i.test(type)) return response.json();
  const text = await response.text();
  if (type.startsWith('application/jsonl'))
    return text.split('\n').flatMap((line): unknown[] => (line === '' ? [] : [JSON.parse(line)]));
  if (type.startsWith('text/event-stream')) return readEvents(text);
  return type.startsWith('text/') ? text : bytes;
}
