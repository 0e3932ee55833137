import type { Dispatcher } from 'undici';
import { currentFrame } from '../concurrency/frame.ts';
import { linkedController } from '../concurrency/linked-controller.ts';
import type { ClientStream } from './client.ts';
import { type ClientRequestOptions, checkRequest, encodeBody, mergeHeaders } from './client-request.ts';
import { targetOf } from './target.ts';
import { UpstreamError } from './upstream-error.ts';

/** What all requests of a client share. */
export interface ClientSettings {
  readonly base: URL | undefined;
  readonly headers: Readonly<Record<string, string>>;
  /** Milliseconds. */
  readonly timeout: number;
  /** Bytes. */
  readonly maxBytes: number;
  readonly trace: boolean;
  readonly send: (
    url: URL,
    options: Omit<Dispatcher.RequestOptions, 'origin' | 'path'>,
  ) => Promise<Dispatcher.ResponseData>;
}

/** One request on its way: its name for messages, and what ends it. */
interface Exchange {
  readonly request: string;
  readonly signal: AbortSignal;
  /** Stops the clock. */
  readonly inTime: () => void;
  readonly end: () => void;
}

/** Sends a request and reads its answer with `read`, within the time limit; `read` may stop the clock before it returns. */
export async function exchange<T>(
  settings: ClientSettings,
  method: string,
  url: string | URL,
  options: ClientRequestOptions,
  read: (head: ClientStream, exchange: Exchange) => Promise<T>,
): Promise<T> {
  const target = targetOf(settings.base, url, options.query);
  // The query may carry secrets.
  const request = `${method} ${target.origin}${target.pathname}`;
  checkRequest(request, options);
  const { body, type } = encodeBody(options);
  const headers = mergeHeaders(
    settings.headers,
    settings.trace ? traceHeaders() : undefined,
    type === undefined ? undefined : { 'content-type': type },
    options.headers,
  );
  const going = begin(request, options, options.timeout ?? settings.timeout);
  try {
    going.signal.throwIfAborted();
    const sent = { method: method as Dispatcher.HttpMethod, headers, body: body ?? null, signal: going.signal };
    const answer = await settings.send(target, sent);
    return await read({ status: answer.statusCode, headers: answer.headers, body: answer.body }, going);
  } catch (error) {
    going.end();
    throw failure(error, going);
  }
}

function begin(request: string, options: ClientRequestOptions, ms: number): Exchange {
  const { controller, unlink } = linkedController(options.signal ?? currentFrame()?.signal);
  const late = (): void =>
    controller.abort(new UpstreamError('CORTADO_TIMEOUT', `${request} was not answered within ${ms} ms`));
  const timer = ms === Number.POSITIVE_INFINITY ? undefined : setTimeout(late, ms);
  const inTime = (): void => clearTimeout(timer);
  const end = (): void => {
    inTime();
    unlink();
  };
  return { request, signal: controller.signal, inTime, end };
}

function failure(error: unknown, { request, signal }: Exchange): unknown {
  // Whoever ends the work knows why; the service had no part in it.
  if (signal.aborted) return signal.reason;
  // A header or an option that cannot be sent is a fault of the caller.
  if (error instanceof UpstreamError || !(error instanceof Error)) return error;
  const { code = error.message } = error as { code?: string };
  if (code === 'UND_ERR_INVALID_ARG') return error;
  return new UpstreamError('CORTADO_UPSTREAM', `${request} failed: ${code}`, { cause: error });
}

const traceparent = /^[\da-f]{2}-[\da-f]{32}-[\da-f]{16}-[\da-f]{2}(-|$)/;

/**
 * The headers by which services tell that requests belong together, as the request that is being answered has them. Passed on as they came:
 * W3C Trace Context, 2.1, for services that make no spans of their own.
 */
function traceHeaders(): Record<string, string> {
  const context = currentFrame()?.scope?.context as { headers?: Record<string, unknown> } | undefined;
  const { 'x-request-id': id, traceparent: parent, tracestate: state } = context?.headers ?? {};
  const passed: Record<string, string> = {};
  if (typeof id === 'string') passed['x-request-id'] = id;
  // A state means nothing without its parent.
  if (typeof parent !== 'string' || !traceparent.test(parent)) return passed;
  passed['traceparent'] = parent;
  if (typeof state === 'string') passed['tracestate'] = state;
  return passed;
}
