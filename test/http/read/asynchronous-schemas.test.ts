import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import {
  App,
  body,
  cookie,
  eventStream,
  form,
  header,
  jsonLines,
  type Params,
  query,
  type Schema,
} from '../../../src/index.ts';
import { Queue } from '../../../src/queue/index.ts';
import { type TestClient, testClient } from '../../../src/testing/index.ts';

type Make = (called: () => void) => unknown;

// A function that gives a promise without being declared `async` looks like any other until it is called.
const late = (called: () => void) => (): Promise<boolean> => {
  called();
  return Promise.resolve(true);
};
const yes = (called: () => void): boolean => {
  called();
  return true;
};
const same = (text: string, called: () => void): string => {
  called();
  return text;
};

const makers: Readonly<Record<string, Make>> = {
  'an async refinement': (called) => z.string().refine(async () => yes(called)),
  'a refinement that gives a promise': (called) => z.string().refine(late(called) as unknown as () => boolean),
  'a refinement of two': (called) => z.string().refine((text) => text !== 'no').refine(late(called) as never),
  'a superRefine': (called) => z.string().superRefine(async () => called()),
  'a check': (called) => z.string().check(async () => called()),
  'an async transform': (called) => z.string().transform(async (text: unknown) => same(text as string, called)).pipe(z.string()),
  'an async preprocess': (called) => z.preprocess(async (text: unknown) => same(text as string, called), z.string()),
  'an async codec': (called) => z.codec(z.string(), z.string(), { decode: async (text: unknown) => same(text as string, called), encode: (text) => text }),
  'a function in an alternative': (called) => z.union([z.int(), z.string().refine(async () => yes(called))]),
  'a synchronous refinement': (called) => z.string().refine(() => yes(called)),
  'a synchronous transform': (called) => z.string().transform((text) => same(text, called)).pipe(z.string()),
  'a synchronous function before one that waits': (called) =>
    z.string().transform((text) => same(text, called)).pipe(z.string().refine(async () => true)),
}; // biome-ignore format: a table

type Source = (app: App, schema: Schema) => (client: TestClient) => Promise<{ readonly status: number }>;

const get = (params: (schema: Schema) => Params): Source => (app, schema) => {
  app.get('/', { params: params(schema) }, () => 'ok');
  return (client) => client.get('/', { query: { v: 'x' }, headers: { v: 'x', cookie: 'v=x' } });
}; // biome-ignore format: short

const sources: Readonly<Record<string, Source>> = {
  'a path': (app, schema) => {
    app.get('/{v}', { params: { v: schema } }, () => 'ok');
    return (client) => client.get('/x');
  },
  'a query': get((schema) => ({ v: query(schema) })),
  'a query model': get((schema) => ({ q: query(z.object({ v: schema as z.ZodType })) })),
  'a header': get((schema) => ({ v: header(schema) })),
  'a cookie': get((schema) => ({ v: cookie(schema) })),
  'a form': (app, schema) => {
    app.post('/', { params: { v: form(schema) } }, () => 'ok');
    return (client) => client.post('/', { form: { v: 'x' } });
  },
  'a body': (app, schema) => {
    app.post('/', { params: { v: body(schema) } }, () => 'ok');
    return (client) => client.post('/', { json: 'x' });
  },
  'a model in a lax body': (app, schema) => {
    app.post('/', { params: { v: z.object({ v: schema as z.ZodType }) }, coerceBody: true }, () => 'ok');
    return (client) => client.post('/', { json: { v: 'x' } });
  },
  'an answer': (app, schema) => {
    app.get('/', { response: schema }, () => 'x');
    return (client) => client.get('/');
  },
  'an item of JSON lines': (app, schema) => {
    app.get('/', { response: jsonLines(schema) as never }, async function* () { yield 'x'; } as never); // biome-ignore format: one line
    return (client) => client.get('/');
  },
  'an event': (app, schema) => {
    app.get('/', { response: eventStream(schema) as never }, async function* () { yield 'x'; } as never); // biome-ignore format: one line
    return (client) => client.get('/');
  },
  'a result of a task': (app, schema) => {
    const queue = new Queue();
    const task = queue.task('t', { params: {}, returns: schema as never }, () => 'x' as never);
    app.use(queue);
    app.post('/', {}, async () => (await task.enqueue({})).result({ timeout: 60_000 }));
    return (client) => client.post('/');
  },
};

for (const [name, make] of Object.entries(makers)) {
  test(`${name} runs once for a value, wherever it comes from`, async () => {
    for (const [source, declare] of Object.entries(sources)) {
      let calls = 0;
      const app = new App({ logger: false });
      const ask = declare(app, make(() => calls++) as Schema); // biome-ignore format: one line
      await using client = await testClient(app);
      for (let request = 1; request <= 4; request++) {
        calls = 0;
        assert.equal((await ask(client)).status, 200, source);
        assert.equal(calls, 1, `${source}, request ${request}`);
      }
    }
  });
}

test('input of a task is looked at once when it is enqueued, and once when it runs', async () => {
  let calls = 0;
  const queue = new Queue();
  const schema = z.string().refine(late(() => calls++) as unknown as () => boolean);
  const task = queue.task('t', { params: { v: schema } }, () => 'done');
  const app = new App({ logger: false });
  app.use(queue);
  app.post('/', {}, async () => (await task.enqueue({ v: 'x' })).result({ timeout: 60_000 }));
  await using client = await testClient(app);
  for (let request = 0; request < 3; request++) {
    calls = 0;
    await client.post('/');
    assert.equal(calls, 2);
  }
});

test('a value that is refused before it comes to a function that waits does not make the next one run twice', async () => {
  let calls = 0;
  const app = new App({ logger: false });
  const taken = z.object({ name: z.string().refine(late(() => calls++) as unknown as () => boolean) });
  app.post('/', { params: { b: taken } }, () => 'ok');
  await using client = await testClient(app);
  for (const [name, status, expected] of [
    [1, 422, 0],
    [2, 422, 0],
    ['x', 200, 1],
    [3, 422, 0],
    ['y', 200, 1],
  ] as const) {
    // biome-ignore format: one line
    calls = 0;
    assert.equal((await client.post('/', { json: { name } })).status, status);
    assert.equal(calls, expected);
  }
});

test('requests side by side each run it once', async () => {
  let calls = 0;
  const app = new App({ logger: false });
  app.post('/', { params: { b: body(z.string().refine(late(() => calls++) as never)) } }, () => 'ok');
  await using client = await testClient(app);
  await Promise.all(Array.from({ length: 20 }, () => client.post('/', { json: 'x' })));
  assert.equal(calls, 20);
});
