import type { StandardSchemaV1 } from '@standard-schema/spec';
import { checkOptions } from '../base/check-options.ts';
import { flag, type Rules, string } from '../base/check-values.ts';
import { CortadoError } from '../base/error.ts';
import { isSchema } from '../schema/standard.ts';
import { checkExamples, type Examples, examplesRule } from './examples.ts';
import { type FileAnswer, type FileOptions, fileAnswer } from './file-answer.ts';

/** Where a value comes from. `payload` is the input of a task. */
export type Source = 'path' | 'query' | 'header' | 'cookie' | 'body' | 'form' | 'file' | 'payload';

/** What the documentation says about a parameter. */
export interface ParamDocs {
  /** A sentence for the documentation; the schema's own description is used where this is absent. */
  readonly description?: string;
  /** Examples for the documentation: values, or each with a name, a summary and so on. */
  readonly examples?: Examples;
  /** Marks the parameter as deprecated in the documentation. */
  readonly deprecated?: boolean;
  /** `false` keeps the parameter out of the documentation. Default `true`. */
  readonly documented?: boolean;
}

/** Options of an explicit parameter. */
export interface ParamOptions extends ParamDocs {
  /** The name on the wire where it is not the declared one: `query(z.string(), { alias: 'item-query' })`. */
  readonly alias?: string;
}

/** Options of {@link header}. */
export interface HeaderOptions extends ParamOptions {
  /** Whether `_` in the declared name stands for `-` on the wire. Default `true`. */
  readonly convertUnderscores?: boolean;
}

/** Options of {@link body}. */
export interface BodyOptions extends ParamDocs {
  /** Expects the value under its name in a JSON object, even when it is the only one. Default `false`. */
  readonly embed?: boolean;
}

/** A parameter whose source is said explicitly. Made by `path`, `query`, `header`, `cookie`, `body`, `form` and `file`. */
export interface Param<out T> extends ParamDocs {
  readonly kind: 'param';
  readonly source: Source;
  readonly schema: StandardSchemaV1<unknown, T>;
  readonly alias?: string;
  readonly convertUnderscores?: boolean;
  readonly embed?: boolean;
}

const rules = {
  description: string,
  examples: examplesRule,
  deprecated: flag,
  documented: flag,
};

function param<S extends StandardSchemaV1>(source: Source, schema: S, options: object, more: Rules): ParamOf<S> {
  if (!isSchema(schema)) {
    const more = source === 'file' ? ', or the path of a file to answer with' : '';
    const message = `${source}(): the first argument must be a Standard Schema, z.string() for example${more}.`;
    throw new CortadoError('CORTADO_PARAM_INVALID', message);
  }
  checkOptions(`${source}()`, options, { ...rules, ...more });
  checkExamples(`${source}()`, (options as ParamDocs).examples);
  return {
    kind: 'param',
    source,
    schema: schema as StandardSchemaV1<unknown, StandardSchemaV1.InferOutput<S>>,
    ...options,
  };
}

type ParamOf<S extends StandardSchemaV1> = Param<StandardSchemaV1.InferOutput<S>>;

/**
 * Declares a value of the path template. A declared name that stands in the template needs no `path()`.
 *
 * @example
 * ```ts
 * app.get('/items/{item_id}', { params: { item_id: path(z.int(), { description: 'Its number' }) } }, ({ item_id }) => item_id)
 * ```
 */
export function path<S extends StandardSchemaV1>(schema: S, options: ParamOptions = {}): ParamOf<S> {
  return param('path', schema, options, { alias: string });
}

/**
 * Declares a value of the query string; with an object schema, the whole query string.
 *
 * @example
 * ```ts
 * app.get('/items', { params: { page: query(z.object({ limit: z.int().max(100).default(10) })) } }, ({ page }) => page.limit)
 * ```
 */
export function query<S extends StandardSchemaV1>(schema: S, options: ParamOptions = {}): ParamOf<S> {
  return param('query', schema, options, { alias: string });
}

/**
 * Declares a request header; with an object schema, all headers. `x_token` reads `x-token`. The document leaves out `authorization`,
 * `accept` and `content-type`, which OpenAPI ignores: `cortado/security` reads credentials, and documents them.
 *
 * @example
 * ```ts
 * app.get('/me', { params: { x_token: header(z.string()) } }, ({ x_token }) => x_token)
 * ```
 */
export function header<S extends StandardSchemaV1>(schema: S, options: HeaderOptions = {}): ParamOf<S> {
  return param('header', schema, options, { alias: string, convertUnderscores: flag });
}

/**
 * Declares a cookie; with an object schema, all cookies.
 *
 * @example
 * ```ts
 * app.get('/ads', { params: { ads_id: cookie(z.string().nullish()) } }, ({ ads_id }) => ads_id)
 * ```
 */
export function cookie<S extends StandardSchemaV1>(schema: S, options: ParamOptions = {}): ParamOf<S> {
  return param('cookie', schema, options, { alias: string });
}

/**
 * Declares a value of the JSON body. Object and array schemas need no `body()`; several bodies are one object keyed by name.
 *
 * @example
 * ```ts
 * app.put('/items', { params: { importance: body(z.int().positive()) } }, ({ importance }) => importance)
 * ```
 */
export function body<S extends StandardSchemaV1>(schema: S, options: BodyOptions = {}): ParamOf<S> {
  return param('body', schema, options, { embed: flag });
}

/**
 * Declares a field of an HTML form (`application/x-www-form-urlencoded` or `multipart/form-data`); with an object schema, the whole form.
 *
 * @example
 * ```ts
 * app.post('/login', { params: { username: form(z.string()), password: form(z.string()) } }, ({ username }) => username)
 * ```
 */
export function form<S extends StandardSchemaV1>(schema: S, options: ParamOptions = {}): ParamOf<S> {
  return param('form', schema, options, { alias: string });
}

/**
 * Declares an uploaded file of a `multipart/form-data` body, as a web `File`; with an array schema, all files of that name.
 *
 * @example
 * ```ts
 * app.post('/photo', { params: { photo: file(z.file().max(1_000_000)) } }, ({ photo }) => ({ size: photo.size }))
 * ```
 */
export function file<S extends StandardSchemaV1>(schema: S, options?: ParamOptions): ParamOf<S>;
/**
 * Makes an answer of a file: with its type, length, `ETag` and `Last-Modified`, whole or in ranges, as the conditions of the request have it.
 * It is opened once the handler has returned it, and read off the loop; dependencies close before its first byte is sent. FastAPI's
 * `FileResponse`, with conditions and ranges as in RFC 9110, sections 13 and 14.
 *
 * @param path Path or `file:` URL of a file; with the option `root`, a name inside of that folder.
 * @throws CortadoError `CORTADO_OPTION_INVALID`, `CORTADO_OPTION_UNKNOWN`; a file that is not there fails the request.
 * @example
 * ```ts
 * app.get('/report', () => file('data/report.pdf', { name: 'Report 2026.pdf' }));
 * app.get('/photos/{name}', { params: { name: z.string() } }, ({ name }) => file(name, { root: 'photos' }));
 * ```
 */
export function file(path: string | URL, options?: FileOptions): FileAnswer;
export function file(
  what: StandardSchemaV1 | string | URL,
  options: ParamOptions | FileOptions = {},
): Param<unknown> | FileAnswer {
  if (typeof what === 'string' || what instanceof URL) return fileAnswer(what, options as FileOptions);
  return param('file', what, options, { alias: string });
}

export function isParam(value: unknown): value is Param<unknown> {
  return typeof value === 'object' && value !== null && (value as { kind?: unknown }).kind === 'param';
}
