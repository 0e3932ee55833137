import assert from 'node:assert/strict';
import { IncomingMessage, ServerResponse } from 'node:http';
import { type TestContext, test } from 'node:test';
import Fastify, { type FastifyInstance } from 'fastify';
import { z } from 'zod';
import { pastFastify } from '../../../src/http/fast/answer-hooks.ts';
import { type FastPath, FastPaths } from '../../../src/http/fast/fast-paths.ts';
import { takenBodies } from '../../../src/http/fast/incoming-request.ts';
import { knownHeads } from '../../../src/http/fast/known-heads.ts';
import { lateCompilers } from '../../../src/http/fast/late-compilers.ts';
import { lateLoggers } from '../../../src/http/fast/late-loggers.ts';
import { smallMessages, versionOfWs } from '../../../src/http/fast/small-messages.ts';
import { App, content, jsonLines } from '../../../src/index.ts';
import { memoryLog } from '../../support/memory-log.ts';
import { sendRaw } from '../../support/raw-socket.ts';

class Renamed extends ServerResponse {
  constructor(request: IncomingMessage) {
    super(request);
    delete (this as { _keepAliveTimeout?: number })._keepAliveTimeout;
  }
}

// A field by that name is still there, and Node goes by another one.
class Idle extends ServerResponse {
  get _keepAliveTimeout(): number {
    return 0;
  }
  set _keepAliveTimeout(_ms: number) {}
}

interface Misfit {
  readonly path: FastPath<never>;
  readonly part: unknown;
  readonly why: RegExp;
}

const { prototype } = IncomingMessage as unknown as { readonly prototype: object };
const misfits: Readonly<Record<string, Misfit>> = {
  'a response without one of the fields': {
    path: knownHeads,
    part: { IncomingMessage, ServerResponse: Renamed },
    why: /no _keepAliveTimeout/,
  },
  'a response that writes another head': {
    path: knownHeads,
    part: { IncomingMessage, ServerResponse: Idle },
    why: /head|failed/,
  },
  'no response at all': { path: knownHeads, part: {}, why: /failed at the test/ },
  'a request without _dump': {
    path: takenBodies,
    part: { ...descriptorsOf(prototype), _read: () => {} },
    why: /no _dump/,
  },
  'a request without _read': { path: takenBodies, part: { _dump: () => {} }, why: /no _read/ },
  'an instance without the symbol': { path: lateCompilers, part: {}, why: /no fastify.schemaController/ },
  'a controller that marks nothing': { path: lateCompilers, part: Fastify(), why: /does not mark/ },
  'a logger that cannot be replaced': {
    path: lateLoggers,
    part: Object.defineProperty(Fastify(), 'log', { writable: false }),
    why: /log of an instance/,
  },
  'no factory of loggers': {
    path: lateLoggers,
    part: { log: {}, setChildLoggerFactory: () => {} },
    why: /no childLoggerFactory/,
  },
  'a receiver of web sockets that is another': { path: smallMessages, part: {}, why: /between two messages/ },
  'addHook that is inherited': { path: pastFastify, part: Object.create(Fastify()), why: /addHook/ },
};

function descriptorsOf(of: object): object {
  return Object.fromEntries(Object.getOwnPropertyNames(of).map((name) => [name, undefined]));
}

const fitting = { Node: process.versions.node, Fastify: Fastify().version, ws: versionOfWs() } as const;

for (const [name, { path, part, why }] of Object.entries(misfits))
  test(`${path.name} turn themselves off: ${name}`, () => {
    const { lines, logger } = memoryLog();
    const fast = new FastPaths(true);
    assert.equal(fast.fits(path, part as never, fitting[path.of]), false);
    fast.report(logger);
    assert.equal(lines.length, 1);
    assert.match(JSON.stringify(lines[0]), why);
    assert.match(lines[0]!.msg, new RegExp(`^fast paths are off: ${path.name};`));
  });

for (const path of [
  knownHeads,
  takenBodies,
  lateCompilers,
  lateLoggers,
  pastFastify,
  smallMessages,
] as FastPath<never>[])
  test(`${path.name} turn themselves off on a major release that they were not tested with`, () => {
    const { lines, logger } = memoryLog();
    const fast = new FastPaths(true);
    assert.equal(fast.fits({ ...path, lacks: () => undefined }, undefined as never, '99.1.0'), false);
    fast.report(logger);
    assert.match(JSON.stringify(lines), new RegExp(`not tested with ${path.of} 99.1.0`));
  });

/** An app that is made while the environment says so. */
function madeWith(setting: '0' | '1', logger: ReturnType<typeof memoryLog>['logger']): App {
  const before = process.env['CORTADO_FAST_PATHS'];
  process.env['CORTADO_FAST_PATHS'] = setting;
  try {
    const app = new App({ logger, accessLog: true, server: { maxParamLength: 50, requestIdHeader: 'x-id' } });
    app.get('/items/{id}', { params: { id: z.int() }, response: z.object({ id: z.int() }) }, ({ id }) => ({ id }));
    app.post('/items', { params: { item: z.object({ name: z.string() }) }, status: 201 }, ({ item }) => item);
    app.delete('/items/{id}', { params: { id: z.int() }, status: 204 }, () => undefined);
    app.get('/set', (_, ctx) => {
      ctx.setCookie('a', '1');
      ctx.setHeader('x-set', 'yes');
      ctx.log.info('from a handler');
      return 'set';
    });
    app.get('/text', { response: content('text/plain') }, () => 'text');
    app.get('/lines', { response: jsonLines() }, function* () {
      yield 1;
      yield 2;
    });
    app.get('/fail', () => {
      throw new Error('no beans');
    });
    app.use(async (server: FastifyInstance) => {
      const schema = { headers: { type: 'object', required: ['X-Key'], properties: { 'X-Key': { type: 'string' } } } };
      server.get('/own', { schema }, async () => ({ own: true }));
    });
    void app.server;
    return app;
  } finally {
    if (before === undefined) delete process.env['CORTADO_FAST_PATHS'];
    else process.env['CORTADO_FAST_PATHS'] = before;
  }
}

const json = (body: string, type = 'application/json'): string =>
  `content-type: ${type}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
const requests: readonly string[] = [
  'GET /items/1 HTTP/1.1\r\nhost: x\r\n\r\n',
  `GET /items/${'1'.repeat(51)} HTTP/1.1\r\nhost: x\r\n\r\n`,
  'GET /items/1?q=%ff HTTP/1.1\r\nhost: x\r\nx-id: mine\r\n\r\n',
  'HEAD /items/1 HTTP/1.1\r\nhost: x\r\n\r\n',
  'GET /items/x HTTP/1.1\r\nhost: x\r\n\r\n',
  'GET /items/1 HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n',
  'GET /items/1 HTTP/1.0\r\n\r\n',
  `POST /items HTTP/1.1\r\nhost: x\r\n${json('{"name":"Zoë 🎈"}')}`,
  `POST /items HTTP/1.1\r\nhost: x\r\n${json('{"name":1}')}`,
  `POST /items HTTP/1.1\r\nhost: x\r\n${json('{"name":')}`,
  `POST /items HTTP/1.1\r\nhost: x\r\n${json('name', 'text/plain')}`,
  `POST /items HTTP/1.1\r\nhost: x\r\n${json('name', 'no type')}`,
  'POST /items HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n8\r\n{"name":\r\n4\r\n"a"}\r\n0\r\n\r\n',
  'POST /items HTTP/1.1\r\nhost: x\r\n\r\n',
  'DELETE /items/1 HTTP/1.1\r\nhost: x\r\n\r\n',
  'PUT /items/1 HTTP/1.1\r\nhost: x\r\n\r\n',
  'GET /set HTTP/1.1\r\nhost: x\r\n\r\n',
  'GET /text HTTP/1.1\r\nhost: x\r\n\r\n',
  'GET /lines HTTP/1.1\r\nhost: x\r\n\r\n',
  'GET /fail HTTP/1.1\r\nhost: x\r\n\r\n',
  'GET /own HTTP/1.1\r\nhost: x\r\nx-key: 1\r\n\r\n',
  'GET /own HTTP/1.1\r\nhost: x\r\n\r\n',
  'GET /nothing HTTP/1.1\r\nhost: x\r\n\r\n',
];

test('answers and log lines are the same with and without fast paths, but for the order of header lines', async () => {
  const logs = [memoryLog(), memoryLog()] as const;
  const apps = [madeWith('1', logs[0].logger), madeWith('0', logs[1].logger)] as const;
  const addresses = await Promise.all(apps.map((app) => app.listen({ port: 0 })));
  for (const request of requests) {
    const [fast, plain] = await Promise.all(addresses.map((address) => answerOf(address, request)));
    assert.deepEqual(fast, plain, request);
  }
  await Promise.all(apps.map((app) => app.close()));
  const [fast, plain] = logs.map(({ lines }) =>
    lines.map(({ level, msg }) => `${level} ${msg.replace(/\d+(\.\d+)? ms|:\d+$/, '')}`),
  );
  assert.deepEqual(fast, plain);
  assert.ok(fast!.includes('30 from a handler'));
});

async function answerOf(address: string, request: string): Promise<object> {
  const { status, head, body } = await sendRaw(address, request, 1000);
  const lines = head.replace(/date: [^\r]*/i, 'date: then').split('\r\n');
  return { status, head: [lines[0], ...lines.slice(1).sort()], body };
}

test('an app on a Node without a private part serves all the same, and says so in one line', async (context: TestContext) => {
  const inside = IncomingMessage.prototype as { _dump?: unknown };
  const { _dump: dump } = inside;
  const { lines, logger } = memoryLog();
  delete inside._dump;
  let app: App;
  try {
    app = madeWith('1', logger);
  } finally {
    inside._dump = dump;
  }
  context.after(() => app.close());
  const address = await app.listen({ port: 0 });
  const { status, json: body } = await sendRaw(address, requests.find((request) => request.startsWith('POST'))!);
  assert.deepEqual([status, body], [201, { name: 'Zoë 🎈' }]);
  const told = lines.filter(({ msg }) => msg.startsWith('fast paths are off: '));
  assert.deepEqual(
    told.map(({ msg }) => msg),
    ['fast paths are off: taken bodies; all works as before, only slower'],
  );
});

test('nothing is said where they are off by the setting', async () => {
  const { lines, logger } = memoryLog();
  const app = madeWith('0', logger);
  await app.ready();
  await app.close();
  assert.deepEqual(
    lines.filter(({ msg }) => msg.includes('fast')),
    [],
  );
});
