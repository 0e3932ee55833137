import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener, type Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { KnownHeads } from '../../../src/http/fast/known-heads.ts';
import { App } from '../../../src/index.ts';
import { openSocket } from '../../support/raw-socket.ts';

// Also where the whole suite runs without fast paths.
delete process.env['CORTADO_FAST_PATHS'];

const headers = { 'content-type': 'application/json', 'x-content-type-options': 'nosniff' };
const list = Object.entries(headers).flat();
const body = '{"name":"Zoë 🎈"}';
const length = Buffer.byteLength(body);

interface Case {
  readonly set?: (server: Server) => void;
  readonly status?: number;
  readonly request?: string;
  readonly prepare?: (response: ServerResponse) => void;
}

const get = 'GET / HTTP/1.1\r\nhost: x\r\n\r\n';
const cases: Readonly<Record<string, Case>> = {
  'the usual one': {},
  'another status': { status: 201 },
  'a status without a name': { status: 299 },
  'a client that wants to close': { request: 'GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n' },
  'HTTP/1.0': { request: 'GET / HTTP/1.0\r\n\r\n' },
  'HTTP/1.0 that stays': { request: 'GET / HTTP/1.0\r\nconnection: keep-alive\r\n\r\n' },
  'a server that keeps no connection': { set: (server) => void (server.keepAliveTimeout = 0) },
  'a server that keeps connections for long': { set: (server) => void (server.keepAliveTimeout = 72_000) },
  'a server that counts requests': { set: (server) => void (server.maxRequestsPerSocket = 3) },
  'a header that was set before': { prepare: (response) => void response.setHeader('x-one', '1') },
  'a connection that is to close': { prepare: (response) => void response.setHeader('connection', 'close') },
  'a header that was removed': { prepare: (response) => response.removeHeader('connection') },
  'no date': { prepare: (response) => void (response.sendDate = false) },
  'a message of its own': { prepare: (response) => void (response.statusMessage = 'Fine') },
  'a length that is checked': { prepare: (response) => void (response.strictContentLength = true) },
  'an expectation that was not met': {
    set: (server) => server.on('checkContinue', (request, response) => server.emit('request', request, response)),
    request: 'GET / HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\n\r\n',
  },
};

const servers: Server[] = [];
after(() => {
  for (const server of servers) server.close().closeAllConnections();
});

async function serve({ set }: Case, listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  set?.(server);
  servers.push(server);
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** All that comes back for a usual request and three others, one after the other while the connection stays. */
async function conversation(address: string, request: string): Promise<string> {
  const socket = await openSocket(address);
  let received = '';
  socket.setEncoding('utf8').on('data', (text: string) => (received += text));
  socket.on('error', () => {});
  for (let count = 1; count <= 4 && !socket.destroyed; count++) {
    socket.write(count === 1 ? get : request);
    for (let look = 0; look < 200 && !socket.destroyed && received.split(body).length <= count; look++) await pause(5);
  }
  socket.destroy();
  return received.replaceAll(/Date: \w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT\r\n/g, 'Date: then\r\n');
}

for (const [name, one] of Object.entries(cases))
  test(`is what Node would write: ${name}`, async () => {
    const { status = 200, prepare = () => {}, request = get } = one;
    const heads = new KnownHeads(headers);
    const answered = new WeakSet<object>();
    // The first one of a connection is a usual one, so that there is something known.
    const afterwards = (response: ServerResponse): void => {
      if (answered.has(response.socket!)) prepare(response);
      else answered.add(response.socket!);
    };
    const [ours, nodes] = await Promise.all([
      serve(one, (_, response) => {
        afterwards(response);
        heads.write(response, status, length);
        response.end(body);
      }),
      serve(one, (_, response) => {
        afterwards(response);
        response.writeHead(status, ['content-length', String(length), ...list]);
        response.end(body);
      }),
    ]);
    const expected = await conversation(nodes, request);
    assert.match(expected, new RegExp(`^HTTP/1.1 ${status} [\\s\\S]*${body}`));
    assert.equal(await conversation(ours, request), expected);
  });

test('Node writes one head for each status, however many answers there are', async (context) => {
  const app = new App({ logger: false });
  app.get('/', () => ({ name: 'Zoë 🎈' }));
  const inside = ServerResponse.prototype as unknown as { _storeHeader: (...args: unknown[]) => void };
  const stored = context.mock.method(inside, '_storeHeader');
  const address = await app.listen({ port: 0 });
  const text = await conversation(address, get);
  await app.close();
  assert.equal(text.split(body).length, 5);
  assert.equal(stored.mock.callCount(), 1);
});

test('who puts a method in the place of writeHead hears of every head', async () => {
  const heads = new KnownHeads(headers);
  const heard: number[] = [];
  let answers = 0;
  const address = await serve({}, (_, response) => {
    if (answers++ === 0) {
      heads.write(response, 200, length);
      return void response.end(body);
    }
    const { writeHead } = response;
    response.writeHead = ((status: number, ...rest: never[]) => {
      heard.push(status);
      response.setHeader('x-trace', '1');
      return writeHead.call(response, status, ...rest);
    }) as typeof writeHead;
    heads.write(response, 200, length);
    response.end(body);
  });
  const text = await conversation(address, get);
  assert.deepEqual(heard, [200, 200, 200]);
  assert.equal(text.split('x-trace: 1').length, 4);
});

test('servers that keep connections for different times have heads of their own', async () => {
  const heads = new KnownHeads(headers);
  for (const [keepAliveTimeout, maxRequestsPerSocket, expected] of [
    [5000, 0, 'timeout=5'],
    [7000, 0, 'timeout=7'],
    [7000, 10, 'timeout=7, max=10'],
    [7000, 0, 'timeout=7'],
    [5000, 0, 'timeout=5'],
  ] as const) {
    const set = (server: Server): void => void Object.assign(server, { keepAliveTimeout, maxRequestsPerSocket });
    const address = await serve({ set }, (_, response) => {
      heads.write(response, 200, length);
      response.end(body);
    });
    assert.equal((await conversation(address, get)).split(`Keep-Alive: ${expected}\r\n`).length, 5, expected);
  }
});

test('a head that was written already is an error, as with Node', async () => {
  const heads = new KnownHeads(headers);
  const { promise, resolve } = Promise.withResolvers<unknown>();
  const address = await serve({}, (_, response) => {
    heads.write(response, 200, length);
    try {
      heads.write(response, 200, length);
    } catch (error) {
      resolve(error);
    }
    response.end(body);
  });
  await conversation(address, get);
  assert.equal(((await promise) as NodeJS.ErrnoException).code, 'ERR_HTTP_HEADERS_SENT');
});
