import { Readable } from 'node:stream';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { Route } from '../../declare/route/route.ts';
import { isIterable, type Steps, walkSteps } from '../streams/walk-steps.ts';
import { type Answer, safeHeaders } from './answer.ts';
import { itemText } from './json.ts';
import { notWhatItSaid } from './not-what-it-said.ts';

const headers = { 'content-type': 'application/jsonl', ...safeHeaders };

export function jsonLinesResponder(
  route: Route,
  item: StandardSchemaV1 | undefined,
): (value: unknown) => Promise<Answer> {
  const text = itemText(route.name, item);
  return async (value) => {
    if (!isIterable(value)) throw notWhatItSaid(route, 'jsonLines()', 'items, from an async function* for example');
    const steps = walkSteps(value);
    // Before the first line an error can still have a status.
    const first = await steps.next();
    return { status: undefined, headers, body: Readable.from(lines(steps, first, text)) };
  };
}

async function* lines(
  steps: Steps,
  first: IteratorResult<unknown>,
  text: (item: unknown) => string | Promise<string>,
): AsyncGenerator<string> {
  try {
    for (let step = first; step.done !== true; step = await steps.next()) yield `${await text(step.value)}\n`;
  } finally {
    steps.end();
  }
}
