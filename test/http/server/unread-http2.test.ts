import assert from 'node:assert/strict';
import { type ClientHttp2Session, connect } from 'node:http2';
import { after, before, test } from 'node:test';
import { App, body, dependency, HttpError } from 'cortado';
import { z } from 'zod';

const app = new App({ logger: false, server: { http2: true } });
const nobody = dependency(
  () => {
    throw new HttpError(401);
  },
  { name: 'nobody' },
);
app.post('/guarded', { params: { n: body(z.int()) }, guards: [nobody] }, () => 'never');
app.post('/large', { params: { text: body(z.string()) } }, () => 'never');
app.post('/without', () => 'done');
app.get('/', () => 'still here');

let address: string;
before(async () => {
  address = await app.listen({ port: 0 });
});
after(() => app.close());

/** Sends a body of `size` bytes and resolves to the status, or to how the stream broke off. */
function post(session: ClientHttp2Session, path: string, size: number): Promise<number | string> {
  const stream = session.request({ ':path': path, ':method': 'POST', 'content-type': 'application/json' });
  const { promise, resolve } = Promise.withResolvers<number | string>();
  stream.on('response', (headers) => resolve(Number(headers[':status'])));
  stream.on('error', (error) => resolve((error as NodeJS.ErrnoException).code ?? error.message));
  stream.on('close', () => resolve(`closed with ${stream.rstCode}`));
  stream.resume();
  stream.end(Buffer.alloc(size, '1'));
  return promise;
}

const unread: readonly [string, string, number, number][] = [
  ['that a guard refused', '/guarded', 60_000, 401],
  ['that are too large', '/large', 2 * 1024 * 1024, 413],
  ['of a path that is not there', '/nowhere', 60_000, 404],
  ['of a route without a body', '/without', 60_000, 200],
];
for (const [what, path, size, status] of unread)
  for (const together of [1, 10])
    test(`200 bodies ${what}, ${together} at once, leave the connection to others`, async () => {
      // Node's client counts what it could not send any more against its own memory.
      const session = connect(address, { maxSessionMemory: 10_000 });
      session.on('error', () => {});
      const statuses: (number | string)[] = [];
      for (let round = 0; round < 200; round += together)
        statuses.push(...(await Promise.all(Array.from({ length: together }, () => post(session, path, size)))));
      assert.deepEqual([...new Set(statuses)], [status], statuses.join(' '));
      assert.equal(await post(session, '/without', 0), 200);
      session.destroy();
      await app.idle();
    });
