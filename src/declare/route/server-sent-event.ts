import { invalidOption } from '../../base/error.ts';

/** What a {@link ServerSentEvent} carries; at least one of its members. */
export interface ServerSentEventFields<T> {
  /** Any JSON value; a string arrives in quotes. */
  readonly data?: T;
  /** Text that is sent as it is, instead of `data`. */
  readonly rawData?: string;
  /** Name of the event; a browser calls it `message` when it has none. */
  readonly event?: string;
  /** What a client sends back as `Last-Event-ID` when it connects again. */
  readonly id?: string;
  /** Milliseconds until a client should connect again. */
  readonly retry?: number;
  /** A remark that clients skip. */
  readonly comment?: string;
}

/**
 * One event with more than its data, yielded by a handler whose `response` is an `eventStream()`. FastAPI's `ServerSentEvent`; the format
 * is the HTML standard's, 9.2.
 *
 * @throws CortadoError `CORTADO_OPTION_INVALID` where a field would break the stream's lines.
 * @example
 * ```ts
 * yield new ServerSentEvent({ event: 'token', data: 'Hello', id: '7' });
 * ```
 */
export class ServerSentEvent<out T = never> {
  readonly fields: ServerSentEventFields<T>;

  constructor(fields: ServerSentEventFields<T>) {
    const { data, rawData, event, id, retry } = fields;
    if (data !== undefined && rawData !== undefined) refuse('take either data or rawData, not both.');
    if (event !== undefined && /[\r\n]/.test(event)) refuse('event must be a single line.');
    if (id !== undefined && /[\r\n\0]/.test(id)) refuse('id must be a single line without a null character.');
    if (retry !== undefined && !(Number.isInteger(retry) && retry >= 0))
      refuse('retry must be a whole number of milliseconds.');
    this.fields = fields;
  }
}

function refuse(why: string): never {
  throw invalidOption(`ServerSentEvent: ${why}`);
}
