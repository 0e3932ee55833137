import { Readable } from 'node:stream';
import { currentFrame } from '../../concurrency/frame.ts';
import { settledBy } from '../../concurrency/settled-by.ts';
import type { Media } from '../../declare/route/media.ts';
import type { Route } from '../../declare/route/route.ts';
import { ServerSentEvent } from '../../declare/route/server-sent-event.ts';
import { endAtStop, RequestContext } from '../request/context.ts';
import { type Answer, safeHeaders } from './answer.ts';
import { itemText } from './json.ts';
import { notWhatItSaid } from './not-what-it-said.ts';
import { isIterable, type Steps, walkSteps } from './walk-steps.ts';

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

type ToText = (item: unknown) => Promise<string>;
type Step = IteratorResult<unknown>;

export function eventStreamResponder(
  route: Route,
  { item, finishes }: Media<unknown>,
): (value: unknown) => Promise<Answer> {
  const text = itemText(route.name, item);
  return async (value) => {
    if (!isIterable(value)) throw notWhatItSaid(route, 'eventStream()', 'items, from an async function* for example');
    const context = currentFrame()?.scope?.context;
    if (finishes !== true && context instanceof RequestContext) endAtStop(context);
    const steps = walkSteps(value, finishes === true ? 'fail' : 'end');
    const first = steps.next();
    // One that failed by then is an error with a status.
    if (await settledBy(first, firstWithin)) await first;
    return { status: undefined, headers, body: Readable.from(events(steps, first, text)) };
  };
}

async function* events(steps: Steps, first: Promise<Step>, text: ToText): AsyncGenerator<string> {
  try {
    for (let next = first; ; next = steps.next()) {
      for (let ms = next === first ? 0 : pingAfter; !(await settledBy(next, ms)); ms = pingAfter) yield ping;
      const step = await next;
      if (step.done === true) return;
      yield await eventOf(step.value, text);
    }
  } finally {
    steps.end();
  }
}

async function eventOf(item: unknown, text: ToText): Promise<string> {
  if (!(item instanceof ServerSentEvent)) return block([['data', await text(item)]]);
  const { data, rawData, event, id, retry, comment } = item.fields;
  return block([
    ['', comment],
    ['event', event],
    ['data', data === undefined ? rawData : await text(data)],
    ['id', id],
    ['retry', retry === undefined ? undefined : String(retry)],
  ]);
}

/** An event of the stream: a line for each line of each field, and an empty one. */
function block(fields: readonly (readonly [string, string | undefined])[]): string {
  const lines = fields.flatMap(([name, value]) =>
    value === undefined ? [] : value.split(/\r\n|\r|\n/).map((line) => `${name}: ${line}\n`),
  );
  return `${lines.join('')}\n`;
}
