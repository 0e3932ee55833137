import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import pino from 'pino';
import { z } from 'zod';
import type { Logger } from '../../../src/base/logger.ts';
import { App } from '../../../src/index.ts';
import { testClient } from '../../../src/testing/index.ts';

interface Line {
  readonly reqId?: string;
  readonly msg?: string;
  readonly level: number;
  readonly [field: string]: unknown;
}

function logged(): { lines: Line[]; logger: pino.Logger } {
  const lines: Line[] = [];
  return { lines, logger: pino({ level: 'debug' }, { write: (line: string) => void lines.push(JSON.parse(line)) }) };
}

test('what a handler logs carries the id of its request', async () => {
  const { lines, logger } = logged();
  const app = new App({ logger });
  app.get('/log', (_, { log }) => {
    log.info({ cup: 1 }, 'first');
    log.warn({ cup: 2 }, 'second');
  });
  await using client = await testClient(app);
  await client.get('/log');
  await client.get('/log');
  const own = lines.filter(({ msg }) => msg === 'first' || msg === 'second');
  assert.deepEqual(
    own.map(({ reqId, msg, level, cup }) => ({ reqId, msg, level, cup })),
    ['req-1', 'req-2'].flatMap((reqId) => [
      { reqId, msg: 'first', level: 30, cup: 1 },
      { reqId, msg: 'second', level: 40, cup: 2 },
    ]),
  );
});

test('an error handler logs with the id of its request, wherever the request was refused', async () => {
  const { lines, logger } = logged();
  const app = new App({ logger, limits: { inFlight: 1 } });
  app.onError(415, (_, { log }) => {
    log.info({}, 'wrong type');
    return new Response(null, { status: 415 });
  });
  app.onError(503, (_, { log, request }) => {
    log.info({}, 'too many');
    request.log.info('by Fastify');
    return new Response(null, { status: 503 });
  });
  const { promise: free, resolve: go } = Promise.withResolvers<void>();
  app.post('/log', { params: { body: z.object({}) } }, () => 1);
  app.get('/wait', () => free);
  await using client = await testClient(app);
  await client.post('/log', { headers: { 'content-type': 'no type' }, body: '{}' });
  const first = client.get('/wait');
  await client.get('/wait');
  go();
  await first;
  const own = lines.flatMap(({ msg, reqId }) => (reqId === undefined ? [] : [`${reqId} ${msg}`]));
  assert.deepEqual(own, ['req-1 wrong type', 'req-3 too many', 'req-3 by Fastify']);
});

test("Fastify's own logger of requests and server works as plugins know it", async () => {
  const { lines, logger } = logged();
  const app = new App({ logger });
  app.use(async (server: FastifyInstance) => {
    server.log.info('from the server');
    server.addHook('onRequest', async (request: FastifyRequest) => {
      request.log.debug({ req: request }, 'request');
      request.log.child({ plugin: 'p' }).info('from a child');
      request.log.level = 'error';
      request.log.info('kept back');
    });
    server.get('/own', async () => 'own');
  });
  await using client = await testClient(app);
  await client.get('/own?a=1');
  const fields = lines.map(({ msg, reqId, plugin, req }) => ({
    msg,
    reqId,
    plugin,
    url: (req as { url?: string } | undefined)?.url,
  }));
  assert.deepEqual(fields, [
    { msg: 'from the server', reqId: undefined, plugin: undefined, url: undefined },
    { msg: 'request', reqId: 'req-1', plugin: undefined, url: '/own' },
    { msg: 'from a child', reqId: 'req-1', plugin: 'p', url: undefined },
  ]);
});

test("a plugin's own factory of request loggers is handed the app's logger", async () => {
  const { lines, logger } = logged();
  const app = new App({ logger });
  app.use(async (server: FastifyInstance) => {
    server.setChildLoggerFactory((parent, bindings, options) => parent.child({ ...bindings, mine: true }, options));
    server.get('/own', async (request) => {
      request.log.info('hello');
      return 'own';
    });
  });
  await using client = await testClient(app);
  await client.get('/own');
  assert.deepEqual(
    lines.map(({ msg, mine, reqId }) => [msg, mine, reqId]),
    [['hello', true, 'req-1']],
  );
});

const poor: Readonly<Record<string, (lines: string[]) => Logger>> = {
  'no more methods than an app needs': few,
  'children that have no more': (lines) => ({ ...few(lines), child: () => few(lines) }) as Logger,
};

for (const [name, make] of Object.entries(poor))
  test(`a logger with ${name} logs for handlers and for Fastify`, async () => {
    const lines: string[] = [];
    const app = new App({ logger: make(lines) });
    app.get('/log', (_, ctx) => {
      ctx.log.info('by a handler');
      ctx.request.log.trace('traced');
      ctx.request.log.fatal('fatal');
      ctx.request.log.child({}).warn('by a child');
    });
    await using client = await testClient(app);
    assert.equal((await client.get('/log')).status, 200);
    assert.deepEqual(lines, ['info by a handler', 'debug traced', 'error fatal', 'warn by a child']);
  });

function few(lines: string[]): Logger {
  const to = (level: string) => (line: unknown) => void lines.push(`${level} ${String(line)}`);
  return { debug: to('debug'), info: to('info'), warn: to('warn'), error: to('error') };
}

test('a line that cannot be written takes none of 1,000 others along, nor an answer', async () => {
  const lines: string[] = [];
  const logger = pino(
    { serializers: { path: (path: string) => (path === '/cups/500' ? failing() : path) } },
    { write: (line: string) => void lines.push(line) },
  );
  const app = new App({ logger, accessLog: true });
  app.get('/cups/{n}', { params: { n: z.int() } }, ({ n }) => n);
  await using client = await testClient(app);
  const answers = await Promise.all(Array.from({ length: 1001 }, (_, n) => client.get(`/cups/${n}`)));
  assert.deepEqual(await Promise.all(answers.map((answer) => answer.json())), [...answers.keys()]);
  assert.equal(lines.filter((line) => / 200 /.test(line)).length, 1000);
});

function failing(): never {
  throw new Error('no such path');
}
