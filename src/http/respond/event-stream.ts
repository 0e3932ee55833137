import { Readable } from 'node:stream';
import { currentEnding, currentFrame } from '../../concurrency/frame.ts';
import { settledBy } from '../../concurrency/settled-by.ts';
import { type Feed, type FeedItem, feed, isFeed } from '../../declare/feed.ts';
import type { Media } from '../../declare/route/media.ts';
import type { Route } from '../../declare/route/route.ts';
import { ServerSentEvent, type ServerSentEventFields } from '../../declare/route/server-sent-event.ts';
import { endAtStop, RequestContext } from '../request/context.ts';
import { FeedBody } from '../streams/feed-body.ts';
import { isIterable, type Steps, walkSteps } from '../streams/walk-steps.ts';
import { type Answer, safeHeaders } from './answer.ts';
import { itemText } from './json.ts';
import { notWhatItSaid } from './not-what-it-said.ts';

// As FastAPI: proxies must neither keep nor gather events.
const headers = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache',
  'x-accel-buffering': 'no',
  ...safeHeaders,
};

/** Milliseconds of silence after which a comment is sent, so that no proxy takes the connection for dead. */
const pingAfter = 15_000;

/** Milliseconds for which the answer waits for the first event, so that a handler that refuses can still do so with a status. */
const firstWithin = 1000;

const ping = ': ping\n\n';
const pingBytes = Buffer.from(ping);

/** Milliseconds after which clients of a feed come back, where nothing else is said. */
const retryOfFeeds = 2000;

type ToText = (item: unknown) => string | Promise<string>;
type Step = IteratorResult<unknown>;

export function eventStreamResponder(
  route: Route,
  { item, finishes, retry }: Media<unknown>,
): (value: unknown) => Promise<Answer> {
  const text = itemText(route.name, item);
  const encode = feedEncoder(text);
  return async (value) => {
    if (!isIterable(value)) throw notWhatItSaid(route, 'eventStream()', 'items, from an async function* for example');
    const context = currentFrame()?.scope?.context;
    if (finishes !== true && context instanceof RequestContext) endAtStop(context);
    if (isFeed(value)) return feedAnswer(fromLastEvent(value, context), encode, retry, finishes === true);
    const steps = walkSteps(value, finishes === true ? 'fail' : 'end');
    const first = steps.next();
    // One that failed by then is an error with a status.
    if (await settledBy(first, firstWithin)) await first;
    return { status: undefined, headers, body: Readable.from(events(steps, first, text, retry)) };
  };
}

async function feedAnswer(
  source: Feed<unknown>,
  encode: (item: FeedItem<unknown>) => Buffer | Promise<Buffer>,
  retry: number = retryOfFeeds,
  finishes: boolean,
): Promise<Answer> {
  const body = new FeedBody(source, {
    encode,
    head: Buffer.from(block([['retry', String(retry)]])),
    // An event without data is none, and its id is kept all the same (WHATWG HTML, 9.2.6): else a client that is cut off before its first
    // event would come back to the present.
    placed: (place) => Buffer.from(block([['id', place]])),
    ping: { bytes: pingBytes, after: pingAfter },
    ending: currentEnding(),
    failsWhenAborted: finishes,
  });
  // Once its head has been sent a client may rely on getting all that happens.
  if (await settledBy(body.begun, firstWithin)) await body.begun;
  return { status: undefined, headers, body };
}

/** The feed from behind the event that the client saw last; what it says of that may be anything. */
function fromLastEvent(source: Feed<unknown>, context: object | undefined): Feed<unknown> {
  const seen = context instanceof RequestContext ? context.request.headers['last-event-id'] : undefined;
  return seen === undefined || seen.length === 0 ? source : source[feed].after(String(seen));
}

/** Writes each event once for all streams that this responder answers with. */
function feedEncoder(text: ToText): (item: FeedItem<unknown>) => Buffer | Promise<Buffer> {
  return (item) => {
    if (item.type === 'reset')
      return Buffer.from(
        block([
          ['event', 'reset'],
          ['data', JSON.stringify({ reason: item.reason })],
          ['id', item.place],
        ]),
      );
    const made = item.made.get(text) as Buffer | Promise<Buffer> | undefined;
    if (made !== undefined) return made;
    const written = eventText(item.data, text, item.place);
    const bytes = typeof written === 'string' ? Buffer.from(written) : written.then((late) => Buffer.from(late));
    item.made.set(text, bytes);
    return bytes;
  };
}

async function* events(
  steps: Steps,
  first: Promise<Step>,
  text: ToText,
  retry: number | undefined,
): AsyncGenerator<string> {
  try {
    if (retry !== undefined) yield block([['retry', String(retry)]]);
    for (let next = first; ; next = steps.next()) {
      for (let ms = next === first ? 0 : pingAfter; !(await settledBy(next, ms)); ms = pingAfter) yield ping;
      const step = await next;
      if (step.done === true) return;
      yield await eventText(step.value, text);
    }
  } finally {
    steps.end();
  }
}

function eventText(item: unknown, text: ToText, place?: string): string | Promise<string> {
  const { data, rawData, event, id, retry, comment } =
    item instanceof ServerSentEvent ? item.fields : { ...nothing, data: item };
  const write = (found: string | undefined): string =>
    block([
      ['', comment],
      ['event', event],
      ['data', found],
      ['id', id ?? place],
      ['retry', retry === undefined ? undefined : String(retry)],
    ]);
  // An item that is `undefined` is `null`, as in any JSON.
  if (item instanceof ServerSentEvent && data === undefined) return write(rawData);
  const found = text(data);
  return typeof found === 'string' ? write(found) : found.then(write);
}

const nothing: ServerSentEventFields<unknown> = {};

/** An event of the stream: a line for each line of each field, and an empty one. */
function block(fields: readonly (readonly [string, string | undefined])[]): string {
  const lines = fields.flatMap(([name, value]) =>
    value === undefined ? [] : value.split(/\r\n|\r|\n/).map((line) => `${name}: ${line}\n`),
  );
  return `${lines.join('')}\n`;
}
