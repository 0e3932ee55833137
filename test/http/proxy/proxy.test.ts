import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, request, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcp } from 'node:net';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import WebSocket, { WebSocketServer } from 'ws';
import { z } from 'zod';
import {
  App,
  type AppOptions,
  dependency,
  HttpError,
  header,
  type MountOptions,
  type ProxyOptions,
  proxy,
} from '../../../src/index.ts';
import { coded } from '../../support/coded.ts';
import { memoryLog } from '../../support/memory-log.ts';
import { sendRaw } from '../../support/raw-socket.ts';
import { sendRequest } from '../../support/send-request.ts';
import { until } from '../../support/until.ts';

interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
}

type Answer = (incoming: IncomingMessage, response: import('node:http').ServerResponse) => void;

const showing: Answer = ({ method, url, headers }, response) =>
  void response.setHeader('content-type', 'application/json').end(JSON.stringify({ method, url, headers }));

interface Setting {
  readonly app?: AppOptions;
  readonly prefix?: string;
  readonly path?: string;
  readonly proxy?: ProxyOptions;
  readonly mount?: MountOptions;
}

interface Both {
  /** Where the app is. */
  readonly address: string;
  readonly app: App;
  readonly service: Server;
  readonly host: string;
}

/** An app with a service behind it. */
async function behind(answer: Answer, setting: Setting, use: (both: Both) => Promise<void>): Promise<void> {
  const service = createServer(answer).listen(0, '127.0.0.1');
  await once(service, 'listening');
  const host = `127.0.0.1:${(service.address() as AddressInfo).port}`;
  const app = new App({ logger: false, ...setting.app });
  app.mount(setting.prefix ?? '/old', proxy(`http://${host}${setting.path ?? ''}`, setting.proxy), setting.mount);
  const address = await app.listen({ port: 0 });
  try {
    await use({ address, app, service, host });
  } finally {
    await app.close({ deadline: 1000 });
    service.closeAllConnections();
    service.close();
  }
}

/** Sends a GET with headers of its connection, which other helpers leave out. */
async function sendConnected(
  address: string,
  path: string,
  headers: Record<string, string>,
): Promise<{ readonly headers: IncomingHttpHeaders; readonly text: string }> {
  const [response] = (await once(request(`${address}${path}`, { headers, agent: false }).end(), 'response')) as [
    IncomingMessage,
  ];
  return { headers: response.headers, text: (await response.setEncoding('utf8').toArray()).join('') };
}

// What a client may say of itself, and nobody should believe.
const forged = {
  forwarded: 'for=6.6.6.6;host=evil.example',
  'x-forwarded-for': '6.6.6.6',
  'x-forwarded-host': 'evil.example',
  'x-forwarded-proto': 'https',
  'x-forwarded-prefix': '/evil',
  'x-forwarded-port': '666',
  'x-real-ip': '6.6.6.6',
};

test('forwarded headers are said anew: what a client says of itself is gone', async () => {
  await behind(showing, {}, async ({ address, host }) => {
    const { headers } = (await sendRequest(address, '/old/x?y=1', { headers: forged })).json<Seen>();
    assert.deepEqual(headers, {
      host,
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-host': new URL(address).host,
      'x-forwarded-proto': 'http',
      'x-forwarded-prefix': '/old',
      connection: 'keep-alive',
    });
  });
});

test('what a trusted proxy says is passed on', async () => {
  await behind(showing, { app: { server: { trustProxy: ['127.0.0.1'] } } }, async ({ address }) => {
    const { headers } = (
      await sendRequest(address, '/old/x', { headers: { ...forged, 'x-forwarded-for': '9.9.9.9, 8.8.8.8' } })
    ).json<Seen>();
    const {
      'x-forwarded-for': addresses,
      'x-forwarded-host': host,
      'x-forwarded-proto': scheme,
      'x-forwarded-prefix': prefix,
    } = headers;
    // The nearest that is not trusted is the client; what stands before it is its own word.
    assert.deepEqual([addresses, host, scheme, prefix], ['8.8.8.8, 127.0.0.1', 'evil.example', 'https', '/evil/old']);
    assert.equal(headers['forwarded'], undefined);
  });
});

test('headers of one connection stay there, also those that a client names as such', async () => {
  const answer: Answer = (incoming, response) => {
    response.writeHead(200, [
      'connection',
      'keep-alive, x-inner',
      'x-inner',
      '1',
      'set-cookie',
      'a=1',
      'set-cookie',
      'b=2',
      'x-kept',
      'yes',
    ]);
    response.end(JSON.stringify(incoming.headers));
  };
  await behind(answer, {}, async ({ address }) => {
    const { headers, text } = await sendConnected(address, '/old/', {
      connection: 'close, x-one-hop, x-forwarded-for',
      'x-one-hop': '1',
      te: 'trailers',
      'proxy-authorization': 'Basic x',
      'keep-alive': 'timeout=5',
      authorization: 'Bearer kept',
    });
    const sent = JSON.parse(text) as IncomingHttpHeaders;
    for (const name of ['x-one-hop', 'te', 'proxy-authorization', 'keep-alive'])
      assert.equal(sent[name], undefined, name);
    assert.deepEqual([sent.authorization, sent['x-forwarded-for']], ['Bearer kept', '127.0.0.1']);
    assert.deepEqual([headers['x-inner'], headers['x-kept']], [undefined, 'yes']);
    assert.deepEqual(headers['set-cookie'], ['a=1', 'b=2']);
    assert.equal(headers['x-content-type-options'], undefined, "the answer is the service's own");
  });
});

test('sends headers of its own, and the host of the client where it is told to', async () => {
  const options = { headers: { 'X-Api-Key': 'secret' }, preserveHost: true };
  await behind(showing, { proxy: options, path: '/base' }, async ({ address }) => {
    const seen = (
      await sendRequest(address, '/old/x', { headers: { 'x-api-key': 'mine', host: 'shop.example' } })
    ).json<Seen>();
    assert.deepEqual([seen.url, seen.headers['x-api-key'], seen.headers.host], ['/base/x', 'secret', 'shop.example']);
  });
});

// What the service says, under which prefix and base path, and what the client is told. `HOST` is the service's.
const locations: readonly (readonly [said: string, prefix: string, path: string, told: string])[] = [
  ['http://HOST/items/', '/old', '', '/old/items/'],
  ['https://HOST/items/', '/old', '', '/old/items/'],
  ['http://HOST', '/old', '', '/old/'],
  ['http://HOST?x=1', '/old', '', '/old/?x=1'],
  ['http://HOST/base/items/?a=1#b', '/old', '/base', '/old/items/?a=1#b'],
  ['/items/', '/old', '', '/old/items/'],
  // The service knows its prefix, by its root path.
  ['/old/items/', '/old', '', '/old/items/'],
  ['items/', '/old', '', 'items/'],
  ['../x', '/old', '', '../x'],
  ['https://elsewhere.example/x', '/old', '', 'https://elsewhere.example/x'],
  ['http://HOST@elsewhere.example/x', '/old', '', 'http://HOST@elsewhere.example/x'],
  // A path that starts with two slashes would be another host.
  ['http://HOST//evil.example/', '/', '', '/.//evil.example/'],
  ['http://HOST/\\evil.example/', '/', '', '/%5Cevil.example/'],
  ['http://HOST\\evil.example/', '/', '', '/%5Cevil.example/'],
  ['/items/', '/', '', '/items/'],
];

for (const [said, prefix, path, told] of locations)
  test(`a redirect to ${said} below ${prefix}${path && ` of ${path}`} leads to ${told}`, async () => {
    let host = '';
    const answer: Answer = (_incoming, response) =>
      void response.writeHead(307, { location: said.replace('HOST', host) }).end();
    await behind(answer, { prefix, path }, async (both) => {
      host = both.host;
      const { headers } = await sendRequest(both.address, prefix === '/' ? '/x' : `${prefix}/x`);
      assert.equal(headers.location, told.replace('HOST', host));
    });
  });

test('streams an answer as it comes, and ends the request of a client that has left', async () => {
  let closed = false;
  const answer: Answer = (_incoming, response) => {
    response.write('one');
    response.once('close', () => (closed = true));
  };
  await behind(answer, {}, async ({ address, app }) => {
    const asked = request(`${address}/old/`).end();
    asked.on('error', () => {});
    const [response] = (await once(asked, 'response')) as [IncomingMessage];
    response.on('error', () => {});
    const [first] = (await once(response, 'data')) as [Buffer];
    assert.equal(String(first), 'one');
    asked.destroy();
    await until('the service knows', () => assert.equal(closed, true));
    await until('nothing is open', () => assert.equal(app.openRequests, 0));
  });
});

test('streams a body as it comes, no faster than the service takes it', async () => {
  let incoming: IncomingMessage | undefined;
  const answer: Answer = (came, response) => {
    incoming = came;
    setTimeout(() => {
      let size = 0;
      came.on('data', ({ length }: Buffer) => (size += length));
      came.on('end', () => response.end(String(size)));
    }, 300);
  };
  await behind(answer, {}, async ({ address }) => {
    const size = 40 * 1024 * 1024;
    const asked = request(`${address}/old/`, { method: 'PUT', headers: { 'content-length': size } });
    let isTaken = false;
    asked.end(Buffer.alloc(size), () => (isTaken = true));
    await until('it came', () => assert.ok(incoming));
    await pause(150);
    assert.equal(isTaken, false, 'all of it is in memory');
    const [response] = (await once(asked, 'response')) as [IncomingMessage];
    assert.equal(String(await response.setEncoding('utf8').toArray()), String(size));
  });
});

for (const method of ['HEAD', 'GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])
  test(`hands ${method} on, with its length`, async () => {
    const answer: Answer = (incoming, response) => {
      incoming.resume();
      response
        .writeHead(200, { 'content-length': 4, 'x-method': incoming.method })
        .end(incoming.method === 'HEAD' ? '' : 'four');
    };
    await behind(answer, {}, async ({ address }) => {
      const { status, headers, text } = await sendRequest(address, '/old/', { method });
      assert.deepEqual(
        [status, headers['x-method'], headers['content-length'], text],
        [200, method, '4', method === 'HEAD' ? '' : 'four'],
      );
    });
  });

/** A service that writes what it is told to the first bytes of each connection, and keeps what it was sent. */
async function bareService(
  answer: string,
  use: (address: string, app: App, sent: readonly string[]) => Promise<void>,
): Promise<void> {
  const sent: string[] = [];
  const service = createTcp((socket) => {
    const at = sent.push('') - 1;
    socket.on('error', () => {});
    socket.on('data', (bytes) => (sent[at] += bytes.toString('latin1')));
    socket.once('data', () => setTimeout(() => socket.write(answer, 'latin1'), 50));
  }).listen(0, '127.0.0.1');
  await once(service, 'listening');
  const app = new App({ logger: false });
  app.mount('/', proxy(`http://127.0.0.1:${(service.address() as AddressInfo).port}`));
  try {
    await use(await app.listen({ port: 0 }), app, sent);
  } finally {
    await app.close({ deadline: 500 });
    service.close();
  }
}

const sayings: [how: string, head: string, body: string][] = [
  ['in pieces', 'transfer-encoding: chunked', '5\r\nhello\r\n0\r\n\r\n'],
  ['with a length', 'content-length: 5', 'hello'],
  ['with a length for this connection alone', 'content-length: 5\r\nconnection: content-length', 'hello'],
];
for (const method of ['GET', 'HEAD', 'DELETE', 'OPTIONS', 'TRACE', 'POST'])
  for (const [how, head, body] of sayings)
    test(`the service learns where the body of a ${method} ends that came ${how}`, async () => {
      await bareService('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n', async (address, _, sent) => {
        const { status } = await sendRaw(address, `${method} /x HTTP/1.1\r\nhost: a\r\n${head}\r\n\r\n${body}`);
        assert.equal(status, 200);
        const [bytes = ''] = sent;
        const [headSent = '', bodySent] = bytes.split(/\r\n\r\n([\s\S]*)/);
        const framing = headSent.match(/^(?:content-length|transfer-encoding):.*$/gim);
        const inPieces = ['transfer-encoding: chunked', '5\r\nhello\r\n0\r\n\r\n'];
        const wanted = how === 'with a length' ? ['content-length: 5', 'hello'] : inPieces;
        assert.deepEqual([framing?.join().toLowerCase(), bodySent], wanted);
      });
    });

const odd: [what: string, answer: string][] = [
  [
    'an upgrade that nobody asked for',
    'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: tea\r\n\r\n',
  ],
  ['no HTTP', 'hello\r\n\r\n'],
  ['two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\nok'],
  [
    'a length, and pieces',
    'HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n',
  ],
  ['packed pieces', 'HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n'],
];
for (const [what, answer] of odd)
  test(`a service that answers with ${what} is a 502, and nothing stays open`, async () => {
    await bareService(answer, async (address, app) => {
      const { status } = await sendRaw(address, 'GET /x HTTP/1.1\r\nhost: a\r\n\r\n');
      assert.equal(status, 502);
      await app.idle();
    });
  });

const handshakes: [what: string, head: string, body: string, isOne: boolean][] = [
  ['nothing', '', '', true],
  ['an empty body', 'content-length: 0\r\n', '', true],
  ['a body', 'content-length: 5\r\n', 'hello', false],
  ['a body in pieces', 'transfer-encoding: chunked\r\n', '5\r\nhello\r\n0\r\n\r\n', false],
];
for (const [what, head, body, isOne] of handshakes)
  test(`a handshake with ${what} is ${isOne ? 'handed on as one' : 'a plain request'}, and its refusal is an answer`, async () => {
    await bareService('HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n', async (address, app, sent) => {
      const upgrade = 'connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n';
      const { status } = await sendRaw(address, `GET /x HTTP/1.1\r\nhost: a\r\n${upgrade}${head}\r\n${body}`);
      assert.equal(status, 401);
      assert.equal(/^upgrade:/im.test(sent[0]!), isOne);
      await app.idle();
    });
  });

test('an answer without a body has none, and keeps the connection to the service', async () => {
  let connections = 0;
  const answer: Answer = ({ url }, response) =>
    void response.writeHead(url === '/304' ? 304 : 204, { etag: '"a"' }).end();
  await behind(answer, {}, async ({ address, service }) => {
    service.on('connection', () => connections++);
    for (const status of [304, 204, 304]) {
      const { status: got, headers, text } = await sendRequest(address, `/old/${status}`);
      assert.deepEqual([got, headers.etag, text], [status, '"a"', '']);
    }
    assert.equal(connections, 1);
  });
});

test('a service that cannot be reached is a 502, of which the client learns no more', async () => {
  const { logger, lines } = memoryLog();
  const app = new App({ logger });
  app.mount('/old', proxy('http://127.0.0.1:9'));
  const address = await app.listen({ port: 0 });
  const { status, text } = await sendRequest(address, '/old/x');
  assert.deepEqual([status, text], [502, '{"detail":"An upstream service failed"}']);
  assert.ok(lines.some(({ msg }) => msg.includes('http://127.0.0.1:9 did not answer: ECONNREFUSED')));
  await app.close();
});

test('a service that breaks off its answer breaks off the one of the client', async () => {
  const answer: Answer = (_incoming, response) => {
    response.writeHead(200, { 'content-length': 100 });
    response.write('some');
    setTimeout(() => response.destroy(), 50);
  };
  await behind(answer, {}, async ({ address }) => {
    await assert.rejects(sendRequest(address, '/old/'), /aborted|socket hang up|ECONNRESET/);
  });
});

test('a kept connection that the service closes just then costs no request', async () => {
  const answer: Answer = (incoming, response) => {
    response.end('answered');
    // As if its time were over, without a word of it.
    response.once('finish', () => setTimeout(() => incoming.socket.destroy(), 5));
  };
  await behind(answer, {}, async ({ address }) => {
    for (let round = 0; round < 100; round++) {
      assert.equal((await sendRequest(address, '/old/')).text, 'answered');
      await pause(round % 10);
    }
  });
});

for (const [name, make, code] of [
  ['no address', () => proxy('127.0.0.1:9000'), 'CORTADO_OPTION_INVALID'],
  ['another scheme', () => proxy('ftp://a.example'), 'CORTADO_OPTION_INVALID'],
  ['a password', () => proxy('http://a:b@a.example'), 'CORTADO_OPTION_INVALID'],
  ['a query', () => proxy('http://a.example/?x=1'), 'CORTADO_OPTION_INVALID'],
  ['an unknown option', () => proxy('http://a.example', { header: {} } as never), 'CORTADO_OPTION_UNKNOWN'],
  ...['content-length', 'Transfer-Encoding', 'connection'].map(
    (name) =>
      [
        `the header ${name}`,
        () => proxy('http://a.example', { headers: { [name]: '5' } }),
        'CORTADO_OPTION_INVALID',
      ] as const,
  ),
  ['a header that is none', () => proxy('http://a.example', { headers: { a: 'x\r\ny' } }), 'CORTADO_OPTION_INVALID'],
] as const)
  test(`refuses ${name}`, () => {
    assert.throws(make, coded(code));
  });

/** A service that echoes what comes by web sockets at /echo, and refuses all others. */
async function withSockets(
  setting: Setting,
  use: (both: Both & { readonly codes: number[] }) => Promise<void>,
): Promise<void> {
  const echo = new WebSocketServer({ noServer: true, handleProtocols: (offered) => [...offered][0]! });
  const codes: number[] = [];
  await behind(showing, setting, async (both) => {
    both.service.on('upgrade', (incoming, socket, head) => {
      if (incoming.url !== '/echo')
        return void socket.end('HTTP/1.1 403 Forbidden\r\ncontent-length: 2\r\nx-why: rules\r\n\r\nno');
      echo.handleUpgrade(incoming, socket, head, (client) => {
        client.on('message', (data, isBinary) => client.send(data, { binary: isBinary }));
        client.on('close', (code) => codes.push(code));
        client.send(JSON.stringify(incoming.headers));
      });
    });
    await use({ ...both, codes });
  });
}

async function opened(
  url: string,
  options: ConstructorParameters<typeof WebSocket>[2] = {},
): Promise<[WebSocket, string]> {
  const socket = new WebSocket(url, ['chat'], options);
  const [greeting] = (await once(socket, 'message')) as [Buffer];
  return [socket, String(greeting)];
}

test('web sockets pass, with their protocol and messages of all sizes', async () => {
  await withSockets({}, async ({ address, app }) => {
    const [socket, greeting] = await opened(`${address.replace('http', 'ws')}/old/echo`, { headers: forged });
    assert.equal(socket.protocol, 'chat');
    const { 'x-forwarded-for': addresses, 'x-forwarded-prefix': prefix } = JSON.parse(greeting) as IncomingHttpHeaders;
    assert.deepEqual([addresses, prefix], ['127.0.0.1', '/old']);
    for (const size of [0, 1, 125, 126, 65_535, 65_536, 3_000_000]) {
      socket.send(Buffer.alloc(size, 'x'));
      const [back] = (await once(socket, 'message')) as [Buffer];
      assert.equal(back.length, size);
    }
    assert.equal(app.openRequests, 1);
    socket.close(4000);
    await once(socket, 'close');
    await until('nothing is open', () => assert.equal(app.openRequests, 0));
  });
});

test('a stop says 1001 to both ends of a web socket, and does not wait for them', async () => {
  await withSockets({}, async ({ address, app, codes }) => {
    const [socket] = await opened(`${address.replace('http', 'ws')}/old/echo`);
    const closed = once(socket, 'close');
    const { ms, cut } = await app.close({ deadline: 10_000 });
    assert.deepEqual((await closed)[0], 1001);
    assert.deepEqual(cut, []);
    assert.ok(ms < 3000, `${ms} ms`);
    await until('the service knows', () => assert.deepEqual(codes, [1001]));
  });
});

test('guards and limits stand before the handshake, and a refusal of the service is an answer', async () => {
  const guard = dependency({ 'x-key': header(z.string()) }, ({ 'x-key': key }) => {
    if (key !== 'known') throw new HttpError(401, 'who are you?');
  });
  await withSockets({ mount: { guards: [guard] }, app: { limits: { inFlight: 1 } } }, async ({ address, app }) => {
    const refused = async (path: string, headers: Record<string, string>): Promise<[number | undefined, unknown]> => {
      const socket = new WebSocket(`${address.replace('http', 'ws')}${path}`, { headers });
      const [, response] = (await once(socket, 'unexpected-response')) as [unknown, IncomingMessage];
      response.resume();
      return [response.statusCode, response.headers['x-why']];
    };
    const known = { 'x-key': 'known' };
    assert.deepEqual(await refused('/old/echo', {}), [422, undefined]);
    assert.deepEqual(await refused('/old/echo', { 'x-key': 'other' }), [401, undefined]);
    assert.deepEqual(await refused('/old/none', known), [403, 'rules']);
    const [socket] = await opened(`${address.replace('http', 'ws')}/old/echo`, { headers: known });
    assert.deepEqual(await refused('/old/echo', known), [503, undefined]);
    socket.close();
    await until('nothing is open', () => assert.equal(app.openRequests, 0));
  });
});

test('a time limit ends with the handshake, and other upgrades are plain requests', async () => {
  const { logger, lines } = memoryLog();
  await withSockets({ mount: { timeout: 200 }, app: { logger } }, async ({ address }) => {
    const [socket] = await opened(`${address.replace('http', 'ws')}/old/echo`);
    await pause(400);
    assert.equal(socket.readyState, WebSocket.OPEN);
    socket.send('still here');
    assert.equal(String((await once(socket, 'message'))[0]), 'still here');
    assert.deepEqual(
      lines.filter(({ level }) => level > 30),
      [],
    );
    socket.close();
    const headers = { connection: 'Upgrade, HTTP2-Settings', upgrade: 'h2c', 'http2-settings': 'AAMAAABkAAQAAP__' };
    const seen = JSON.parse((await sendConnected(address, '/old/x', headers)).text) as Seen;
    assert.deepEqual([seen.url, seen.headers.upgrade, seen.headers['http2-settings']], ['/x', undefined, undefined]);
  });
});

test('web sockets reach a service behind an app that is mounted itself', async () => {
  await withSockets({}, async ({ host }) => {
    const middle = new App({ logger: false });
    middle.mount('/deep', proxy(`http://${host}`));
    const app = new App({ logger: false });
    app.mount('/middle', middle);
    const address = await app.listen({ port: 0 });
    const [socket, greeting] = await opened(`${address.replace('http', 'ws')}/middle/deep/echo`);
    assert.equal((JSON.parse(greeting) as IncomingHttpHeaders)['x-forwarded-prefix'], '/middle/deep');
    const closed = once(socket, 'close');
    assert.deepEqual((await app.close({ deadline: 5000 })).cut, []);
    assert.equal((await closed)[0], 1001);
  });
});
