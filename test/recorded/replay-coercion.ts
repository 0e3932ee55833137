import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { App, body, cookie, header, type Params, query } from '../../src/index.ts';
import { type TestClient, type TestResponse, testClient } from '../../src/testing/index.ts';
import { compareAnswers } from './agreement.ts';
import { type CoercionDifference, readDifferences } from './differences.ts';
import { Replay } from './replay.ts';

interface Case {
  readonly kind: string;
  readonly in: string;
  readonly input: unknown;
  readonly status: number;
  readonly response: unknown;
}

const folder = new URL('.', import.meta.url);
const cases = readFileSync(new URL('coercion.jsonl', folder), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Case);

// FastAPI answers a timedelta in seconds.
function secondsOf(text: string): number {
  const part = (unit: string): number => Number(new RegExp(`(\\d+(?:\\.\\d+)?)${unit}`).exec(text)?.[1] ?? 0);
  return (text.startsWith('-') ? -1 : 1) * (((part('D') * 24 + part('H')) * 60 + part('M')) * 60 + part('S'));
}

const kinds: Record<string, z.ZodType> = {
  integer: z.int(),
  'integer ge=3 le=10': z.int().min(3).max(10),
  'integer gt=3 lt=10': z.int().gt(3).lt(10),
  'integer multiple_of=5': z.int().multipleOf(5),
  number: z.number(),
  'number gt=0': z.number().gt(0),
  boolean: z.boolean(),
  string: z.string(),
  'string min_length=2 max_length=5': z.string().min(2).max(5),
  'string pattern=^[a-z]+$': z.string().regex(/^[a-z]+$/),
  'enum red|green': z.enum(['red', 'green']),
  'literal a|b': z.literal(['a', 'b']),
  uuid: z.guid().meta({ format: 'uuid', pattern: undefined }),
  'date-time': z.iso.datetime({ offset: true, local: true }),
  date: z.iso.date(),
  time: z
    .string()
    .regex(/^\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)?$/)
    .meta({ format: 'time' }),
  duration: z
    .string()
    .regex(/^[+-]?P/)
    .meta({ format: 'duration' })
    .transform(secondsOf),
  decimal: z
    .string()
    .regex(/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i)
    .meta({ format: 'decimal' })
    .transform(Number),
  email: z.email(),
  url: z.url(),
  'integer or null': z.int().nullable(),
  'integer or string': z.union([z.int(), z.string()]),
  'array of integer': z.array(z.int()),
  'set of string': z.array(z.string()),
};

const Item = z.object({
  name: z.string().min(2).max(5),
  price: z.number().gt(0),
  tags: z.array(z.string()).default([]),
  n: z.int().nullable().default(null),
});
const Strict = z.strictObject({ a: z.int() });
const Cat = z.object({ kind: z.literal('cat'), lives: z.int() }).meta({ id: 'Cat' });
const Dog = z.object({ kind: z.literal('dog'), bark: z.boolean() }).meta({ id: 'Dog' });

function application(): App {
  const app = new App({ coerceBody: true, logger: false });
  for (const [kind, schema] of Object.entries(kinds)) {
    const slug = encodeURIComponent(kind).replace(/[^\w]/g, '_');
    app.get(`/query/${slug}`, { params: { v: query(schema) } }, ({ v }) => ({ v }));
    app.post(`/body/${slug}`, { params: { b: body(z.object({ v: schema })) } }, ({ b }) => b);
  }
  const echo = (path: string, params: Params): unknown =>
    app.post(path, { params }, (values: Record<string, unknown>) => Object.values(values)[0]);
  echo('/item', { item: Item });
  echo('/strict', { item: Strict });
  echo('/pet', { pet: z.discriminatedUnion('kind', [Cat, Dog]) });
  echo('/pet2', { pet: z.union([Cat, Dog]) });
  echo('/nest', { nest: z.object({ items: z.array(Item), meta: z.record(z.string(), z.int()).default({}) }) });
  echo('/list', { items: z.array(Strict) });
  echo('/embed', { a: body(Strict, { embed: true }) });
  app.post('/two', { params: { a: Item, b: Strict, k: body(z.int()) } }, (values) => values);
  app.post('/opt', { params: { a: Strict.nullish() } }, ({ a }) => a ?? { a: null });
  app.get('/p/{v}', { params: { v: z.int() } }, ({ v }) => ({ v }));
  app.get('/pf/{v:path}', { params: { v: z.string() } }, ({ v }) => ({ v }));
  app.get(
    '/h',
    { params: { x_token: header(z.int()), ids: header(z.array(z.string()).default([])) } },
    (values) => values,
  );
  app.get('/c', { params: { sid: cookie(z.int()) } }, (values) => values);
  return app;
}

function ask(client: TestClient, entry: Case): Promise<TestResponse> | undefined {
  const slug = encodeURIComponent(entry.kind).replace(/[^\w]/g, '_');
  const { input } = entry;
  if (entry.in === 'query')
    return client.get(`/query/${slug}`, input === null ? {} : { query: { v: input as string } });
  if (entry.in === 'body field v')
    return client.post(`/body/${slug}`, { json: input === '(absent)' ? {} : { v: input } });
  if (entry.in === 'body') return client.post(entry.kind, { json: input });
  if (entry.in.startsWith('raw body '))
    return client.post(entry.kind, {
      body: Buffer.from(String(input), 'latin1'),
      headers: { 'content-type': entry.in.slice(9) },
    });
  if (entry.kind === 'path') return client.request('GET', String(input), { followRedirects: true });
  if (entry.kind.startsWith('method ')) return client.request(String(input), entry.in);
  if (entry.kind === 'cookie')
    return client.get('/c', input === null ? {} : { headers: { cookie: `sid=${String(input)}` } });
  if (input === 'ids twice') return client.get('/h', { headers: { 'x-token': '1', ids: ['a', 'b'] } });
  if (entry.kind === 'header' && typeof input === 'object')
    return client.get('/h', { headers: input as Record<string, string> });
  return undefined;
}

async function bodyOf(response: TestResponse): Promise<unknown> {
  try {
    return await response.json();
  } catch {
    return await response.text();
  }
}

const matches = (difference: CoercionDifference, entry: Case): boolean =>
  (difference.kind === undefined || difference.kind === entry.kind) &&
  (difference.in === undefined || difference.in === entry.in) &&
  (!('input' in difference) || JSON.stringify(difference.input) === JSON.stringify(entry.input));

function groupOf(entry: Case): string {
  if (entry.in.startsWith('raw body')) return 'raw body';
  if (entry.in.startsWith('/')) return entry.kind;
  return entry.kind.startsWith('/') ? entry.in : `${entry.kind}, ${entry.in}`;
}

/** Asks how each declared kind takes each recorded input. */
export async function replayCoercion(): Promise<Replay<CoercionDifference>> {
  await using client = await testClient(application());
  const replay = new Replay(readDifferences().coercion);
  for (const entry of cases) {
    const response = await ask(client, entry);
    if (response === undefined) throw new Error(`cannot ask ${entry.kind} in ${entry.in}`);
    const actual = { status: response.status, body: await bodyOf(response) };
    replay.add(
      groupOf(entry),
      compareAnswers({ status: entry.status, body: entry.response }, actual),
      (difference) => matches(difference, entry),
      () =>
        `${entry.kind} in ${entry.in}: ${JSON.stringify(entry.input)}\n  FastAPI ${entry.status} ${JSON.stringify(entry.response)}\n  Cortado ${actual.status} ${JSON.stringify(actual.body)}`,
    );
  }
  return replay;
}
