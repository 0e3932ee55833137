import assert from 'node:assert/strict';
import http2 from 'node:http2';
import { Readable } from 'node:stream';
import { describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import {
  App,
  content,
  dependency,
  eventStream,
  jsonLines,
  type Media,
  type RequestContext,
  type StopReport,
  sleep,
} from '../../../src/index.ts';
import { memoryLog } from '../../support/memory-log.ts';
import { openSocket } from '../../support/raw-socket.ts';
import { until } from '../../support/until.ts';

const forever = (): Promise<never> => new Promise(() => {});

function stopped({ stopping }: RequestContext): Promise<void> {
  if (stopping.aborted) return Promise.resolve();
  return new Promise((resolve) => stopping.addEventListener('abort', () => resolve()));
}

async function* waiting(_: object, context: RequestContext): AsyncGenerator<string> {
  yield 'a';
  await stopped(context);
}

async function* read(stream: AsyncGenerator<string>): AsyncGenerator<Uint8Array> {
  for await (const text of stream) yield Buffer.from(text);
}

type Answers = readonly [
  response: Media<unknown> | undefined,
  handler: (values: object, context: RequestContext) => unknown,
];

/** Answers without an end of their own, which hear of a stop. */
const endless: Readonly<Record<string, Answers>> = {
  'an event stream that waits for nobody': [
    eventStream(z.string()),
    async function* () {
      yield 'a';
      await forever();
    },
  ],
  'an event stream that sleeps': [
    eventStream(z.string()),
    async function* () {
      yield 'a';
      await sleep(60_000);
    },
  ],
  'an event stream that never waits': [
    eventStream(z.string()),
    async function* () {
      for (;;) {
        yield 'a';
        await pause(1);
      }
    },
  ],
  'an event stream before its first event': [
    eventStream(z.string()),
    // biome-ignore lint/correctness/useYield: it waits for ever.
    async function* () {
      await forever();
    },
  ],
  'JSON lines': [jsonLines(z.string()), waiting],
  'a generator': [undefined, waiting],
  content: [content('text/plain'), waiting],
  'a Readable': [undefined, (values, context) => Readable.from(waiting(values, context))],
  'a Response': [undefined, (values, context) => new Response(ReadableStream.from(read(waiting(values, context))))],
  'a long poll': [undefined, async (_, context) => stopped(context)],
};

interface Running {
  readonly app: App;
  readonly address: string;
  readonly seen: string[];
  readonly log: ReturnType<typeof memoryLog>;
}

async function serve(answers: Answers, isHttp2: boolean): Promise<Running> {
  const seen: string[] = [];
  const log = memoryLog();
  const session = dependency(async function* () {
    try {
      yield 1;
      seen.push('commits');
    } catch (error) {
      seen.push('rolls back');
      throw error;
    }
  });
  const app = new App({ logger: log.logger, server: { http2: isHttp2 } });
  const [response, handler] = answers;
  app.get('/', { params: { session }, ...(response && { response }) }, handler);
  const address = await app.listen({ port: 0 });
  return { app, address, seen, log };
}

/** Reads an answer; resolves to whether it came whole. */
function reading(
  address: string,
  isHttp2: boolean,
): { readonly begun: Promise<unknown>; readonly whole: Promise<boolean> } {
  if (!isHttp2) {
    const answer = fetch(address);
    const whole = answer
      .then((response) => response.text())
      .then(
        () => true,
        () => false,
      );
    return { begun: Promise.race([answer, pause(1200)]), whole };
  }
  const session = http2.connect(address);
  const stream = session.request({ ':path': '/' });
  const begun = new Promise((resolve) => stream.once('response', resolve));
  const whole = new Promise<boolean>((resolve) => {
    stream.on('error', () => {}).resume();
    stream.on('close', () => {
      session.close();
      resolve(stream.rstCode === 0);
    });
  });
  return { begun: Promise.race([begun, pause(1200)]), whole };
}

for (const isHttp2 of [false, true])
  describe(isHttp2 ? 'HTTP/2' : 'HTTP/1.1', { concurrency: true }, () => {
    for (const [name, answers] of Object.entries(endless))
      test(`${name} ends as soon as a stop begins`, async () => {
        const { app, address, seen, log } = await serve(answers, isHttp2);
        const { begun, whole } = reading(address, isHttp2);
        await begun;
        const { ms, cut } = await app.close({ deadline: 8000 });
        assert.deepEqual(cut, []);
        assert.ok(ms < 4000, `${ms} ms`);
        assert.equal(await whole, true);
        assert.deepEqual(seen, ['commits']);
        assert.deepEqual(log.errors(), []);
      });

    test('an event stream that finishes is waited for', async () => {
      const { app, address, seen } = await serve(
        [
          eventStream(z.string(), { finishes: true }),
          async function* () {
            yield 'a';
            await sleep(300);
            yield 'b';
          },
        ],
        isHttp2,
      );
      const { begun, whole } = reading(address, isHttp2);
      await begun;
      const { ms, cut } = await app.close({ deadline: 8000 });
      assert.deepEqual([cut, await whole, seen], [[], true, ['commits']]);
      assert.ok(ms >= 200, `${ms} ms`);
    });

    for (const [name, response] of [
      ['JSON lines', jsonLines(z.string())],
      ['content', content('text/plain')],
      ['an event stream that finishes', eventStream(z.string(), { finishes: true })],
    ] as const)
      test(`${name} that the deadline cuts is not taken for whole`, async () => {
        const { app, address, seen } = await serve(
          [
            response,
            async function* () {
              yield 'a';
              await sleep(60_000);
            },
          ],
          isHttp2,
        );
        const { begun, whole } = reading(address, isHttp2);
        await begun;
        const { cut } = await app.close({ deadline: 100 });
        assert.deepEqual(cut, [{ what: 'requests', name: 'GET /', count: 1 }]);
        assert.equal(await whole, false);
        assert.deepEqual(seen, ['rolls back']);
      });

    test('an event stream that begins while connections are still let in ends at once', async () => {
      const { app, address } = await serve(endless['an event stream that sleeps']!, isHttp2);
      const closing: Promise<StopReport> = app.close({ drain: 500, deadline: 8000 });
      await until('the app is not ready', () => assert.notDeepEqual(app.notReady(), []));
      const { whole } = reading(address, isHttp2);
      assert.equal(await whole, true);
      assert.deepEqual((await closing).cut, []);
    });

    test('after the next start, nothing is told of the last stop', async () => {
      const { app } = await serve(endless['a long poll']!, isHttp2);
      await app.close();
      const address = await app.listen({ port: 0 });
      const { begun, whole } = reading(address, isHttp2);
      await begun;
      assert.equal(app.openRequests, 1);
      await app.close();
      assert.equal(await whole, true);
    });
  });

test('an event stream whose client does not read does not hold a stop up', async () => {
  const big = 'x'.repeat(100_000);
  const { app, address, seen } = await serve(
    [
      eventStream(z.string()),
      async function* () {
        for (;;) yield big;
      },
    ],
    false,
  );
  const socket = await openSocket(address);
  socket.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
  await new Promise((resolve) => socket.once('readable', resolve));
  await pause(200);
  const { ms, cut } = await app.close({ deadline: 8000 });
  socket.destroy();
  assert.deepEqual([cut, seen], [[], ['rolls back']]);
  assert.ok(ms < 4000, `${ms} ms`);
});
