import assert from 'node:assert/strict';
import { test } from 'node:test';
import { App, body, dependency, file, form } from 'cortado';
import { z } from 'zod';
import { sendRaw } from '../../support/raw-socket.ts';

const timeout = 60;
const order = { params: { n: body(z.int()) }, timeout };
const multipart = 'multipart/form-data; boundary=XX';
const part = '--XX\r\ncontent-disposition: form-data; name="text"\r\n\r\nsome';

/** A route, and a request to it whose body stops halfway. */
const stalls: readonly [string, (app: App) => unknown, string][] = [
  [
    'JSON of a declared length',
    (app) => app.post('/', order, () => 'done'),
    'content-type: application/json\r\ncontent-length: 50\r\n\r\n{"n":',
  ],
  [
    'JSON of which nothing came',
    (app) => app.post('/', order, () => 'done'),
    'content-type: application/json\r\ncontent-length: 50\r\n\r\n',
  ],
  [
    'JSON in chunks',
    (app) => app.post('/', order, () => 'done'),
    'content-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{"n":\r\n',
  ],
  [
    'JSON behind a guard',
    (app) => app.post('/', { ...order, guards: [dependency(async () => {}, { name: 'guard' })] }, () => 'done'),
    'content-type: application/json\r\ncontent-length: 50\r\n\r\n{"n":',
  ],
  [
    "JSON behind a plugin's hook",
    (app) => {
      app.use(async (server) => void server.addHook('onSend', async (_request, _reply, payload) => payload));
      app.post('/', order, () => 'done');
    },
    'content-type: application/json\r\ncontent-length: 50\r\n\r\n{"n":',
  ],
  [
    'an urlencoded form',
    (app) => app.post('/', { params: { text: form(z.string()) }, timeout }, () => 'done'),
    'content-type: application/x-www-form-urlencoded\r\ncontent-length: 50\r\n\r\ntext=some',
  ],
  [
    'a multipart form',
    (app) => app.post('/', { params: { text: form(z.string()) }, timeout }, () => 'done'),
    `content-type: ${multipart}\r\ncontent-length: 500\r\n\r\n${part}`,
  ],
  [
    'an upload',
    (app) => app.post('/', { params: { text: file(z.file()) }, timeout }, () => 'done'),
    `content-type: ${multipart}\r\ncontent-length: 500\r\n\r\n${part.replace('"text"', '"text"; filename="a"')}`,
  ],
];

for (const [what, declare, request] of stalls)
  test(`a time limit ends the reading of ${what}, and gives back what the request held`, async () => {
    const app = new App({ logger: false, limits: { inFlight: 5 } });
    declare(app);
    app.get('/free', () => 'free');
    const address = await app.listen({ port: 0 });
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => sendRaw(address, `POST / HTTP/1.1\r\nhost: a\r\n${request}`)),
    );
    for (const { status, head } of answers) {
      assert.equal(status, 504);
      assert.match(head, /connection: close/i);
    }
    await app.idle();
    assert.equal(app.openRequests, 0);
    assert.equal((await fetch(`${address}/free`)).status, 200);
    assert.deepEqual((await app.close({ deadline: 2000 })).cut, []);
  });
