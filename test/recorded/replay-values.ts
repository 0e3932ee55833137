import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { App, body, cookie, form, header, query } from '../../src/index.ts';
import type { Schema } from '../../src/schema/standard.ts';
import { type TestClient, type TestResponse, testClient } from '../../src/testing/index.ts';
import {
  bytes,
  decimal,
  duration,
  instant,
  optional,
  plainDate,
  plainDateTime,
  plainTime,
} from '../../src/values/index.ts';
import { compareAnswers } from './agreement.ts';
import { type CoercionDifference, readDifferences } from './differences.ts';
import { Replay } from './replay.ts';

interface Case {
  readonly kind: string;
  readonly in: string;
  readonly input: unknown;
  /** The input as JSON, with all digits. */
  readonly text: string;
  readonly status: number;
  readonly response: unknown;
}

const cases = readFileSync(new URL('values.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map(
    (line): Case => ({
      ...(JSON.parse(line) as Omit<Case, 'text'>),
      text: /"input": (.*), "status": /.exec(line)![1]!,
    }),
  );

const kinds: Readonly<Record<string, z.ZodType>> = {
  date: plainDate(),
  time: plainTime(),
  instant: instant(),
  'plain date-time': plainDateTime(),
  duration: duration(),
  decimal: decimal(),
  'decimal gt=0 max_digits=5 decimal_places=2': decimal({ gt: 0, maxDigits: 5, decimalPlaces: 2 }),
  'decimal ge=-1 le=10': decimal({ ge: -1, le: 10 }),
  bytes: bytes(),
  'set of integer': z.set(z.int()),
  'set of string 1..2': z.set(z.string()).min(1).max(2),
  'set of date': z.set(plainDate()),
  'tuple integer string': z.tuple([z.int(), z.string()]),
  'map of integer to number': z.map(z.int(), z.number()),
  'map of string to date': z.map(z.string(), plainDate()),
  'integer or nothing': optional(z.int()),
  'date or nothing': optional(plainDate()),
  'string or nothing': optional(z.string()),
  'list of integer or nothing': optional(z.array(z.int())),
  'decimal or nothing': optional(decimal()),
};

const slugOf = (kind: string): string => kind.replace(/[^\w]/g, '_');

// What of a kind has no place in a text.
const ofBodies = /^(?:map|bytes)/;
const ofLists = /^(?:set|tuple|list)/;

function application(): App {
  const app = new App({ coerceBody: true, logger: false });
  for (const [kind, schema] of Object.entries(kinds)) {
    const slug = slugOf(kind);
    const model = z.object({ v: schema }) as z.ZodType & Schema<unknown, Record<string, unknown>>;
    const answer = { response: model as Schema<unknown> };
    app.post(`/body/${slug}`, { params: { b: body(model) }, ...answer }, ({ b }) => b);
    if (ofBodies.test(kind)) continue;
    app.get(`/query/${slug}`, { params: { v: query(schema) }, ...answer }, ({ v }) => ({ v }));
    app.post(`/form/${slug}`, { params: { v: form(schema) }, ...answer }, ({ v }) => ({ v }));
    if (ofLists.test(kind)) continue;
    app.get(`/header/${slug}`, { params: { v: header(schema) }, ...answer }, ({ v }) => ({ v }));
    app.get(`/cookie/${slug}`, { params: { v: cookie(schema) }, ...answer }, ({ v }) => ({ v }));
    if (!kind.endsWith('nothing'))
      app.get(`/path/${slug}/{v}`, { params: { v: schema }, ...answer }, ({ v }) => ({ v }));
  }
  return app;
}

function ask(client: TestClient, { kind, in: place, input, text }: Case): Promise<TestResponse> {
  const slug = slugOf(kind);
  const value = input as string;
  switch (place) {
    case 'body':
      return client.post(`/body/${slug}`, { body: text, headers: { 'content-type': 'application/json' } });
    case 'form':
      return client.post(`/form/${slug}`, {
        body: new URLSearchParams([input ?? []].flat().map((one) => ['v', String(one)])).toString(),
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
      });
    case 'path':
      return client.get(`/path/${slug}/${encodeURIComponent(value)}`);
    case 'header':
      return client.get(`/header/${slug}`, input === null ? {} : { headers: { v: value } });
    case 'cookie':
      return client.get(`/cookie/${slug}`, input === null ? {} : { headers: { cookie: `v=${value}` } });
    default:
      return client.get(`/query/${slug}`, input === null ? {} : { query: { v: value } });
  }
}

// Python writes a year for 365 days.
function secondsOf({ years, days, hours, minutes, seconds, milliseconds, microseconds }: Temporal.Duration): number {
  return (((years * 365 + days) * 24 + hours) * 60 + minutes) * 60 + seconds + milliseconds / 1e3 + microseconds / 1e6;
}

/** Of moments the one that they are, of durations their length, of sets their members: Python has them in another order, and in other texts. */
function sameMeaning(kind: string, answer: unknown): unknown {
  const v = (answer as { v?: unknown } | null)?.v;
  if (kind.startsWith('set') && Array.isArray(v)) return { v: v.toSorted() };
  if (typeof v !== 'string') return answer;
  if (kind === 'duration') return { v: secondsOf(Temporal.Duration.from(v)) };
  if (kind === 'instant') return { v: Temporal.Instant.from(v).toString() };
  if (kind === 'time' || kind === 'plain date-time') return { v: v.replace(/(\.\d*?)0+$/, '$1') };
  return answer;
}

const matches = (difference: CoercionDifference, entry: Case): boolean =>
  (difference.kind === undefined || difference.kind === entry.kind) &&
  (difference.in === undefined || difference.in === entry.in) &&
  (!('input' in difference) || JSON.stringify(difference.input) === JSON.stringify(entry.input));

/** Asks how each kind of value takes and answers each recorded input. */
export async function replayValues(): Promise<Replay<CoercionDifference>> {
  await using client = await testClient(application());
  const replay = new Replay(readDifferences().values);
  for (const entry of cases) {
    const response = await ask(client, entry);
    const text = await response.text();
    const { kind, status } = entry;
    const actual = { status: response.status, body: sameMeaning(kind, await response.json()) };
    replay.add(
      kind,
      compareAnswers({ status, body: sameMeaning(kind, entry.response) }, actual),
      (difference) => matches(difference, entry),
      () =>
        `${kind} in ${entry.in}: ${JSON.stringify(entry.input)}\n  FastAPI ${status} ${JSON.stringify(entry.response)}\n  Cortado ${actual.status} ${text}`,
    );
  }
  return replay;
}
