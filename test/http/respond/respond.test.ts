import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import {
  App,
  content,
  dependency,
  eventStream,
  HttpError,
  jsonLines,
  type Media,
  redirect,
  type Schema,
  ServerSentEvent,
  sleep,
} from '../../../src/index.ts';
import { testClient } from '../../../src/testing/index.ts';
import { coded } from '../../support/coded.ts';
import { memoryLog } from '../../support/memory-log.ts';
import { openSocket } from '../../support/raw-socket.ts';
import { sendRequest } from '../../support/send-request.ts';
import { until } from '../../support/until.ts';

const log = memoryLog();
const seen: string[] = [];
const session = dependency(async function* () {
  seen.push('opens');
  try {
    yield { read: () => (seen.includes('closes') ? 'closed' : 'open') };
    seen.push('closes');
  } catch (error) {
    seen.push('rolls back');
    throw error;
  }
});
const Drink = z.object({ name: z.string(), price: z.number().default(2) });
const app = new App({ logger: log.logger });

app.get('/filtered', { response: Drink }, () => ({ name: 'tea', secret: 'x' }) as { name: string });
app.get('/list', { response: z.array(Drink) }, () => [{ name: 'tea' }, { name: 'cortado', price: 3 }]);
app.get('/nested', { response: z.object({ drinks: z.record(z.string(), Drink) }) }, () => ({
  drinks: { a: { name: 'tea', secret: 1 } as { name: string } },
}));
app.get('/forbidden', { response: Drink as z.ZodType }, () => ({ name: 5 }));
app.get('/response', { response: Drink }, () =>
  Response.json({ any: 'thing' }, { status: 203, headers: { 'x-own': 'yes' } }),
);
app.get('/promise', { response: Drink }, async () => ({ name: 'later' }));
app.get('/async-schema', { response: z.object({ n: z.int().refine(async (n) => n > 0) }) }, () => ({ n: 1 }));
app.get('/date', () => ({ at: new Date(0) }));

app.get('/readable', { params: { session } }, ({ session }) =>
  Readable.from(
    (async function* () {
      for (let n = 0; n < 3; n++) {
        await pause(5);
        yield session.read();
      }
    })(),
  ),
);
app.get('/web-stream', { params: { session } }, ({ session }) => {
  let left = 3;
  return new ReadableStream({
    async pull(controller) {
      await pause(5);
      if (left-- === 0) controller.close();
      else controller.enqueue(new TextEncoder().encode(session.read()));
    },
  });
});
app.get('/web-response', { params: { session } }, ({ session }) => {
  let left = 3;
  const body = new ReadableStream({
    async pull(controller) {
      await pause(5);
      if (left-- === 0) controller.close();
      else controller.enqueue(new TextEncoder().encode(session.read()));
    },
  });
  return new Response(body, { headers: { 'content-type': 'text/csv' } });
});
app.get('/content', { params: { session }, response: content('text/csv') }, async function* ({ session }) {
  for (let n = 0; n < 3; n++) {
    await pause(5);
    yield session.read();
  }
});
app.get('/lines', { params: { session }, response: jsonLines(Drink) }, async function* ({ session }) {
  for (let n = 0; n < 2; n++) {
    await pause(5);
    yield { name: session.read(), secret: 1 } as { name: string };
  }
});
app.get('/undeclared', { params: { session } }, async function* ({ session }) {
  yield { name: session.read() };
  yield 2;
});
app.get('/events', { params: { session }, response: eventStream(Drink) }, async function* ({ session }) {
  yield { name: session.read() };
  yield new ServerSentEvent({ event: 'drink', id: '7', retry: 100, comment: 'one\ntwo', data: { name: 'tea' } });
  yield new ServerSentEvent({ rawData: 'line 1\nline 2' });
});
app.get('/frame', { response: jsonLines() }, async function* () {
  // sleep finds the signal of its request by itself, however late it is called.
  await sleep(1);
  yield 1;
  await sleep(1);
  yield 2;
});

app.get('/lines-404', { response: jsonLines(Drink) }, async function* () {
  if (seen.length >= 0) throw new HttpError(404, 'No drinks');
  yield { name: 'never' };
});
app.get('/events-404', { response: eventStream() }, async function* () {
  await pause(10);
  if (seen.length >= 0) throw new HttpError(404, 'No events');
  yield 1;
});
app.get('/breaks', { params: { session }, response: jsonLines(Drink as Schema<unknown>) }, async function* () {
  yield { name: 'tea' };
  await pause(5);
  yield { name: 5 };
});
app.get('/no-stream', { response: jsonLines() as Media<unknown> }, () => 5);
app.get('/endless', { params: { session }, response: eventStream() }, async function* (_, { signal }) {
  for (let n = 0; !signal.aborted; n++) {
    yield n;
    await sleep(5);
  }
});
app.get('/deaf', { params: { session }, response: eventStream() }, async function* () {
  yield 1;
  // Heeds no signal at all.
  await new Promise(() => {});
});

app.get('/missing-file', { params: { session } }, () => createReadStream('/no/such/file'));
app.get(
  '/failing-stream',
  { params: { session } },
  () =>
    new Readable({
      read() {
        this.destroy(new HttpError(404, 'No such file'));
      },
    }),
);
app.get('/text', { response: content('text/plain') }, () => 'grüße');
app.get('/bytes', { response: content('image/png') }, () => new Uint8Array([137, 80]));
app.get('/not-content', { response: content('text/plain') as Media<unknown> }, () => ({ a: 1 }));
app.get('/cookies', {}, (_, context) => {
  context.setCookie('a', '1');
  context.setCookie('b', 'two words', { maxAge: 60, httpOnly: false, sameSite: 'strict', path: '/x' });
  context.deleteCookie('c');
  return context.cookies;
});

let address = '';
before(async () => {
  address = await app.listen({ port: 0 });
});
after(() => app.close({ deadline: 500 }));

interface Expected {
  readonly url: string;
  readonly text: string;
  readonly status?: number;
  readonly type?: string;
}

const answers: readonly Expected[] = [
  { url: '/filtered', text: '{"name":"tea","price":2}' },
  { url: '/list', text: '[{"name":"tea","price":2},{"name":"cortado","price":3}]' },
  { url: '/nested', text: '{"drinks":{"a":{"name":"tea","price":2}}}' },
  { url: '/response', text: '{"any":"thing"}', status: 203 },
  { url: '/promise', text: '{"name":"later","price":2}' },
  { url: '/async-schema', text: '{"n":1}' },
  { url: '/date', text: '{"at":"1970-01-01T00:00:00.000Z"}' },
  { url: '/text', text: 'grüße', type: 'text/plain; charset=utf-8' },
  { url: '/frame', text: '1\n2\n', type: 'application/jsonl' },
  { url: '/lines-404', text: '{"detail":"No drinks"}', status: 404 },
  { url: '/events-404', text: '{"detail":"No events"}', status: 404 },
];
for (const { url, text, status = 200, type = 'application/json' } of answers) {
  test(`${url} answers ${text}`, async () => {
    const response = await sendRequest(address, url);
    assert.deepEqual([response.status, response.text, response.headers['content-type']], [status, text, type]);
  });
}

test('bytes stay bytes', async () => {
  const response = await sendRequest(address, '/bytes');
  assert.deepEqual([[...response.bytes], response.headers['content-type']], [[137, 80], 'image/png']);
});

for (const url of ['/forbidden', '/no-stream', '/not-content']) {
  test(`${url}: what the declared response forbids is a logged 500`, async () => {
    log.lines.length = 0;
    const response = await sendRequest(address, url);
    assert.deepEqual([response.status, response.text], [500, '{"detail":"Internal Server Error"}']);
    coded('CORTADO_RESPONSE_INVALID', `GET ${url}`)(log.errors()[0]?.err);
  });
}

const event =
  'data: {"name":"open","price":2}\n\n: one\n: two\nevent: drink\ndata: {"name":"tea","price":2}\nid: 7\nretry: 100\n\ndata: line 1\ndata: line 2\n\n';
const streams: readonly [string, string, string][] = [
  ['/readable', 'openopenopen', 'application/octet-stream'],
  ['/web-stream', 'openopenopen', 'application/octet-stream'],
  ['/web-response', 'openopenopen', 'text/csv'],
  ['/content', 'openopenopen', 'text/csv; charset=utf-8'],
  ['/lines', '{"name":"open","price":2}\n{"name":"open","price":2}\n', 'application/jsonl'],
  ['/undeclared', '{"name":"open"}\n2\n', 'application/jsonl'],
  ['/events', event, 'text/event-stream; charset=utf-8'],
];
for (const [url, text, type] of streams) {
  test(`${url} streams, and its session stays open until the end`, async () => {
    seen.length = 0;
    const response = await sendRequest(address, url);
    assert.deepEqual([response.status, response.text, response.headers['content-type']], [200, text, type]);
    await until('it is over', () => assert.equal(app.openRequests, 0));
    assert.deepEqual(seen, ['opens', 'closes']);
  });
}

test('a stream whose item is forbidden breaks off: the client sees it, the session rolls back, the log names the route', async () => {
  seen.length = 0;
  log.lines.length = 0;
  await assert.rejects(sendRequest(address, '/breaks'), /aborted|ECONNRESET/);
  await until('it is over', () => assert.equal(app.openRequests, 0));
  assert.deepEqual(seen, ['opens', 'rolls back']);
  assert.equal(log.errors().at(-1)?.route, 'GET /breaks');
});

const brokenStreams: readonly [string, number, string][] = [
  ['/missing-file', 500, '{"detail":"Internal Server Error"}'],
  ['/failing-stream', 404, '{"detail":"No such file"}'],
];
for (const [url, status, text] of brokenStreams) {
  test(`${url}: a stream that fails before its first byte answers ${status}, and rolls back`, async () => {
    seen.length = 0;
    const response = await sendRequest(address, url);
    assert.deepEqual(
      [response.status, response.text, response.headers['content-type']],
      [status, text, 'application/json'],
    );
    await until('it is over', () => assert.equal(app.openRequests, 0));
    assert.deepEqual(seen, ['opens', 'rolls back']);
  });
}

for (const url of ['/endless', '/deaf']) {
  test(`${url}: a stream ends when its client leaves, and what it used is closed`, async () => {
    seen.length = 0;
    log.lines.length = 0;
    const socket = await openSocket(address);
    socket.write(`GET ${url} HTTP/1.1\r\nhost: x\r\n\r\n`);
    await once(socket, 'data');
    socket.destroy();
    await until('it is over', () => assert.equal(app.openRequests, 0));
    assert.deepEqual(seen, ['opens', 'rolls back']);
    assert.deepEqual(log.errors(), []);
  });
}

test('HEAD of a stream that never ends is answered', async () => {
  const response = await sendRequest(address, '/endless', { method: 'HEAD' });
  assert.deepEqual([response.status, response.headers['content-type']], [200, 'text/event-stream; charset=utf-8']);
  await until('it is over', () => assert.equal(app.openRequests, 0));
});

test('the first event arrives while the stream goes on', async () => {
  const socket = await openSocket(address);
  const first = new Promise<string>((resolve) => socket.once('data', (chunk: Buffer) => resolve(chunk.toString())));
  socket.write('GET /deaf HTTP/1.1\r\nhost: x\r\n\r\n');
  assert.match(await first, /^HTTP\/1\.1 200/);
  socket.destroy();
});

const faultyEvents: readonly [string, ConstructorParameters<typeof ServerSentEvent>[0]][] = [
  ['data and rawData', { data: 1, rawData: '1' }],
  ['an event of two lines', { event: 'a\nb' }],
  ['an id with a null character', { id: '\0' }],
  ['a retry that is no whole number', { retry: 1.5 }],
];
for (const [name, fields] of faultyEvents) {
  test(`a ServerSentEvent cannot have ${name}`, () => {
    assert.throws(() => new ServerSentEvent(fields), coded('CORTADO_OPTION_INVALID', 'ServerSentEvent'));
  });
}

test('cookies are safe unless told otherwise', async () => {
  const response = await sendRequest(address, '/cookies', { headers: { cookie: 'a=x; b="quoted"; c=%20' } });
  assert.deepEqual(response.headers['set-cookie'], [
    'a=1; Path=/; HttpOnly; SameSite=Lax',
    'b=two%20words; Max-Age=60; Path=/x; SameSite=Strict',
    'c=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax',
  ]);
  assert.deepEqual(await response.json(), { a: 'x', b: '"quoted"', c: ' ' });
});

const redirects: readonly [string | URL, string][] = [
  ['/new', '/new'],
  ['https://bar.example/a b?q=ü', 'https://bar.example/a%20b?q=%C3%BC'],
  ['/already%20encoded%2F?x=%25', '/already%20encoded%2F?x=%25'],
  ['http://[::1]:8000/', 'http://[::1]:8000/'],
  ['/a\r\nset-cookie: evil=1', '/a%0D%0Aset-cookie:%20evil=1'],
  [new URL('https://bar.example/x'), 'https://bar.example/x'],
];
for (const [url, location] of redirects) {
  test(`redirect(${JSON.stringify(String(url))}) leads to ${location}`, () => {
    const response = redirect(url);
    assert.deepEqual([response.status, response.headers.get('location')], [307, location]);
  });
}

test('a redirect takes its status', async () => {
  const moved = new App({ logger: false });
  moved.post('/old', () => redirect('/new', 303));
  moved.get('/new', () => 'new');
  await using client = await testClient(moved);
  assert.equal((await client.post('/old')).status, 303);
  assert.equal(await (await client.post('/old', { followRedirects: true })).json(), 'new');
});
