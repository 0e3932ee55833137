import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { z } from 'zod';
import { App, content, eventStream, HttpError, jsonLines, redirect } from '../../../src/index.ts';
import { sendRaw } from '../../support/raw-socket.ts';
import { sendRequest } from '../../support/send-request.ts';

const app = new App({ logger: false });
app.get('/json', () => ({ a: 1 }));
app.get('/set', (_, ctx) => {
  ctx.setHeader('x-mine', '1');
  return { a: 1 };
});
app.get('/filtered', { response: z.object({ a: z.int() }) }, () => ({ a: 1 }));
app.get('/text', { response: content('text/plain') }, () => '<script>alert(1)</script>');
app.get('/events', { response: eventStream() }, function* () {
  yield 1;
});
app.get('/lines', { response: jsonLines() }, function* () {
  yield 1;
});
app.get('/stream', () => Readable.from(['bytes']));
app.get('/web', () => new Response('<b>mine</b>'));
app.get('/redirect', () => redirect('/json'));
app.get('/refused', () => {
  throw new HttpError(403);
});
app.get('/broken', () => {
  throw new Error('no');
});
app.get('/items/{id}', { params: { id: z.int() } }, ({ id }) => id);

const answers: readonly (readonly [string, number])[] = [
  ['/json', 200],
  ['/set', 200],
  ['/filtered', 200],
  ['/text', 200],
  ['/events', 200],
  ['/lines', 200],
  ['/stream', 200],
  ['/web', 200],
  ['/redirect', 307],
  ['/refused', 403],
  ['/broken', 500],
  ['/items/x', 422],
  ['/nowhere', 404],
  ['/openapi.json', 200],
  ['/docs', 200],
];

test('browsers are told not to guess what an answer is, whichever way it is made', async () => {
  const address = await app.listen({ port: 0 });
  try {
    for (const [path, status] of answers) {
      const response = await sendRequest(address, path);
      assert.deepEqual([path, response.status, response.headers['x-content-type-options']], [path, status, 'nosniff']);
    }
    assert.match((await sendRaw(address, 'no HTTP\r\n\r\n')).head, /x-content-type-options: nosniff/i);
  } finally {
    await app.close();
  }
});

test('with hooks of plugins in the way, and with errors as problems, it is the same, and headers are not doubled', async () => {
  const hooked = new App({ logger: false, errors: 'problem' });
  // As helmet does.
  hooked.use((server, _options, done) => {
    server.addHook('onRequest', (_request, reply, next) => {
      reply.header('x-content-type-options', 'nosniff').header('x-frame-options', 'SAMEORIGIN');
      next();
    });
    done();
  });
  hooked.get('/', () => 1);
  const address = await hooked.listen({ port: 0 });
  try {
    for (const path of ['/', '/nowhere']) {
      const { headers } = await sendRequest(address, path);
      assert.equal(headers['x-content-type-options'], 'nosniff');
    }
  } finally {
    await hooked.close();
  }
});
