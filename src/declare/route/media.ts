import type { Readable } from 'node:stream';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { checkOptions } from '../../base/check-options.ts';
import { flag, whole } from '../../base/check-values.ts';
import { CortadoError, invalidOption } from '../../base/error.ts';
import { isSchema } from '../../schema/standard.ts';
import type { Feed } from '../feed.ts';
import type { FileAnswer } from '../file-answer.ts';
import type { ServerSentEvent } from './server-sent-event.ts';

/**
 * An answer that is not one JSON value, declared as a route's `response`. `Made` is what its handler returns, `Received` what a caller has of
 * it in the end.
 */
export interface Media<out Made, out Received = unknown> {
  readonly kind: 'media';
  readonly format: 'event-stream' | 'json-lines' | 'content';
  readonly mediaType: string;
  /** Schema of each item of a stream. */
  readonly item: StandardSchemaV1 | undefined;
  /** Whether an event stream comes to an end by itself. */
  readonly finishes?: boolean;
  /** Milliseconds until the client of an event stream should connect again. */
  readonly retry?: number;
  readonly '~made'?: Made;
  readonly '~received'?: Received;
}

/** An event as a client has it: its data is read as JSON where the items have a schema, and is a text else. */
export interface ReceivedEvent<out T> {
  readonly data: T;
  readonly event?: string;
  readonly id?: string;
  readonly retry?: number;
}

/** Items one after another; what an `async function*` returns. */
export type Stream<T> = AsyncIterable<T> | Iterable<T>;

/** What a handler may return as content: text, bytes, a stream of them, or a file. */
export type Content =
  | string
  | Uint8Array
  | Readable
  | ReadableStream<Uint8Array>
  | Stream<string | Uint8Array>
  | FileAnswer;

/** Options of {@link eventStream}. */
export interface EventStreamOptions {
  /**
   * Whether it comes to an end by itself, as the answer of a language model does: a stop then waits for it as for any request. Default
   * `false`: it ends as soon as a stop begins, and its client comes back to another process.
   */
  readonly finishes?: boolean;
  /** Milliseconds until a client should connect again, sent before all events. Default: 2,000 for a feed, and else what the client thinks. */
  readonly retry?: number;
}

/**
 * Declares that a route answers with server-sent events, one for each item that its handler yields. Dependencies stay open until the
 * last one is sent. While nothing is yielded, a comment every 15 seconds keeps proxies from closing the connection.
 *
 * An error within the first second, or before the first item, has its own status; later the stream breaks off. As FastAPI's
 * `EventSourceResponse`, but for that.
 *
 * A handler may return a feed, `channel.subscribe(…)` for example: each event goes out with its place as `id`, and a client that comes back
 * with `Last-Event-ID` gets what follows that; where events may be missing it gets an event `reset` with `{ reason }`.
 *
 * When the app begins to stop, the stream ends and `ctx.signal` fires, unless the stream `finishes`.
 *
 * @param item Schema of an item; validates and filters each one.
 * @example
 * ```ts
 * app.get('/ticks', { response: eventStream(z.object({ n: z.int() })) }, async function* (_, { signal }) {
 *   for (let n = 0; n < 10; n++) {
 *     yield { n };
 *     await sleep(1000, { signal });
 *   }
 * });
 * ```
 */
export function eventStream(
  item?: undefined,
  options?: EventStreamOptions,
): Media<Stream<unknown>, readonly ReceivedEvent<unknown>[]>;
export function eventStream<S extends StandardSchemaV1>(
  item: S,
  options?: EventStreamOptions,
): Media<
  | Stream<StandardSchemaV1.InferInput<S> | ServerSentEvent<StandardSchemaV1.InferInput<S>>>
  | Feed<StandardSchemaV1.InferInput<S>>,
  readonly ReceivedEvent<StandardSchemaV1.InferOutput<S>>[]
>;
export function eventStream(item?: StandardSchemaV1, options: EventStreamOptions = {}): Media<Stream<unknown>> {
  checkOptions('eventStream()', options, { finishes: flag, retry: whole(0, 'milliseconds, ') });
  return {
    ...media('event-stream', 'text/event-stream', checked('eventStream()', item)),
    finishes: options.finishes === true,
    ...(options.retry !== undefined && { retry: options.retry }),
  };
}

/**
 * Declares that a route answers with JSON lines (`application/jsonl`), one for each item that its handler yields. Dependencies stay open
 * until the last one is sent. An error before the first item has its own status; later the stream breaks off.
 *
 * @param item Schema of an item; validates and filters each one.
 * @example
 * ```ts
 * app.get('/export', { params: { session: db.session }, response: jsonLines(User.schema) }, ({ session }) =>
 *   session.selectFrom('users').selectAll().stream(),
 * );
 * ```
 */
export function jsonLines(): Media<Stream<unknown>, readonly unknown[]>;
export function jsonLines<S extends StandardSchemaV1>(
  item: S,
): Media<Stream<StandardSchemaV1.InferInput<S>>, readonly StandardSchemaV1.InferOutput<S>[]>;
export function jsonLines(item?: StandardSchemaV1): Media<Stream<unknown>> {
  return media('json-lines', 'application/jsonl', checked('jsonLines()', item));
}

/**
 * Declares that a route answers with text or bytes of a media type, whole, as a stream, or as a file. A stream whose length is known is sent
 * with it, and held to it, where the handler says so: `ctx.setHeader('content-length', size)`.
 *
 * @param mediaType A media type; texts are sent as UTF-8, so `text/…` gets its charset.
 * @throws CortadoError `CORTADO_OPTION_INVALID`.
 * @example
 * ```ts
 * app.get('/page', { response: content('text/html') }, () => '<h1>Hello</h1>');
 * app.get('/video', { response: content('video/mp4') }, () => file('video.mp4'));
 * ```
 */
export function content(mediaType: string): Media<Content, string | Uint8Array> {
  if (typeof mediaType !== 'string' || !/^[\w.+-]+\/[\w.+-]+(?:\s*;.*)?$/.test(mediaType)) {
    throw invalidOption(`content(): expected a media type, 'text/html' for example, not ${JSON.stringify(mediaType)}.`);
  }
  return media('content', mediaType, undefined);
}

function media<Made, Received>(
  format: Media<Made>['format'],
  mediaType: string,
  item: StandardSchemaV1 | undefined,
): Media<Made, Received> {
  return { kind: 'media', format, mediaType, item };
}

function checked(owner: string, item: StandardSchemaV1 | undefined): StandardSchemaV1 | undefined {
  if (item === undefined || isSchema(item)) return item;
  throw new CortadoError(
    'CORTADO_PARAM_INVALID',
    `${owner}: the item must be a Standard Schema, z.object({ … }) for example.`,
  );
}

export function isMedia(value: unknown): value is Media<unknown> {
  return typeof value === 'object' && value !== null && (value as { kind?: unknown }).kind === 'media';
}
