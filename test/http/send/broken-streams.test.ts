import assert from 'node:assert/strict';
import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { App, content, eventStream, jsonLines, sleep } from '../../../src/index.ts';
import { testClient } from '../../../src/testing/index.ts';
import { memoryLog } from '../../support/memory-log.ts';

const log = memoryLog();
const app = new App({ logger: log.logger });
const items = z.int() as z.ZodType;
const thrown = { undefined, null: null, text: 'boo', error: new Error('boom') };
const paths: [path: string, status: number | undefined][] = [];

for (const [name, value] of Object.entries(thrown)) {
  const early = (): AsyncGenerator<string> => thrownAtOnce(value);
  const late = async function* (): AsyncGenerator<string | number> {
    yield '1';
    await sleep(20);
    throw value;
  };
  app.get(`/lines/early/${name}`, { response: jsonLines() }, early);
  app.get(`/lines/late/${name}`, { response: jsonLines() }, late);
  app.get(`/events/early/${name}`, { response: eventStream() }, early);
  app.get(`/events/late/${name}`, { response: eventStream() }, late);
  app.get(`/content/late/${name}`, { response: content('text/plain') }, late as () => AsyncGenerator<string>);
  app.get(`/readable/late/${name}`, {}, () => Readable.from(late()));
  for (const kind of ['lines', 'events']) paths.push([`/${kind}/early/${name}`, 500]);
  for (const kind of ['lines', 'events', 'content', 'readable']) paths.push([`/${kind}/late/${name}`, undefined]);
}
const wrong = async function* (): AsyncGenerator<never> {
  yield 'x' as never;
};
app.get('/lines/wrong', { response: jsonLines(items) }, wrong);
app.get('/events/wrong', { response: eventStream(items) }, wrong);
app.get('/readable/wrong', {}, () => Readable.from(thrownAtOnce(thrown.error)));
for (const kind of ['lines', 'events', 'readable']) paths.push([`/${kind}/wrong`, 500]);

// biome-ignore lint/correctness/useYield: it fails before it could.
async function* thrownAtOnce(error: unknown): AsyncGenerator<string> {
  throw error;
}

app.get('/file/missing', { status: 200 }, (_, ctx) => {
  ctx.setHeader('cache-control', 'max-age=3600');
  return createReadStream('/there/is/no/such/file');
});
app.get('/file/late', { timeout: 20 }, async () => {
  await pause(60);
  return createReadStream('/there/is/no/such/file');
});

let client: Awaited<ReturnType<typeof testClient>>;
before(async () => {
  client = await testClient(app);
});
after(() => client.close());

for (const [path, status] of paths)
  test(`logs once that ${path} failed`, async () => {
    const answer = await client.get(path).catch(() => undefined);
    assert.equal(answer?.status, status);
    await app.idle();
    assert.equal(log.errors().filter(({ route }) => route === `GET ${path}`).length, 1);
  });

test('a file that cannot be opened is a 500 without the headers that were meant for it', async () => {
  const { status, headers } = await client.get('/file/missing');
  assert.deepEqual(
    [status, headers.get('cache-control'), headers.get('content-type')],
    [500, null, 'application/json'],
  );
});

// Thrown from an event, it would end the process.
for (const [method, path, expected] of [
  ['HEAD', '/file/missing', 200],
  ['GET', '/file/late', 504],
] as const)
  test(`a file that cannot be opened for an answer that nobody gets does no harm: ${method} ${path}`, async () => {
    assert.equal((await client.request(method, path)).status, expected);
    await app.idle();
    await sleep(50);
    assert.equal((await client.get('/lines/wrong')).status, 500, 'the app goes on');
  });
