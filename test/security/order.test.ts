import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, beforeEach, test } from 'node:test';
import { z } from 'zod';
import { App, dependency, query } from '../../src/index.ts';
import { httpBearer } from '../../src/security/index.ts';
import { openSocket, sendRaw } from '../support/raw-socket.ts';

const events: string[] = [];
const bearer = httpBearer({
  verify: (token) => {
    events.push('verify');
    return token === 'good';
  },
});
const connection = dependency(() => {
  events.push('connection');
  return 1;
});
const user = dependency({ connection, token: bearer }, ({ token }) => token);
const body = z.object({ n: z.int() });
const strict = dependency({ limit: query(z.int()) }, () => {});

let app: App;
let address = '';
before(async () => {
  app = new App({ logger: false });
  app.post('/params', { params: { body, token: bearer } }, () => events.push('handler'));
  app.post('/below', { params: { body, user } }, () => events.push('handler'));
  app.post('/guard', { params: { body }, guards: [bearer] }, () => events.push('handler'));
  app.post('/late', { params: { body }, guards: [strict, bearer] }, () => events.push('handler'));
  address = await app.listen({ port: 0 });
});
after(() => app.close());
beforeEach(() => void events.splice(0));

const head = (path: string, token: string): string =>
  `POST ${path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${token}\r\ncontent-type: application/json\r\n`;

for (const path of ['/params', '/below', '/guard', '/late']) {
  test(`${path}: who may not enter gets the 401 while the body has yet to come`, async () => {
    const answer = await sendRaw(address, `${head(path, 'bad')}content-length: 1000\r\n\r\n`);
    assert.equal(answer.status, 401);
    assert.deepEqual(events, ['verify']);
  });
}

test('the 401 comes before the 422, and nothing is opened', async () => {
  const wrong = `${head('/below', 'bad')}content-length: 7\r\n\r\n{"n":0.`;
  assert.equal((await sendRaw(address, wrong)).status, 401);
  assert.deepEqual(events, ['verify']);
  const invalid = `${head('/below', 'good')}content-length: 7\r\n\r\n{"m":1}`;
  assert.equal((await sendRaw(address, invalid)).status, 422);
  assert.deepEqual(events, ['verify', 'verify']);
});

test('who may enter gets on, once the body is there', async () => {
  const socket = await openSocket(address);
  socket.write(`${head('/below', 'good')}content-length: 7\r\n\r\n`);
  socket.write('{"n":1}');
  const [chunk] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  assert.match(chunk.toString(), /^HTTP\/1.1 200/);
  assert.deepEqual(events, ['verify', 'connection', 'handler']);
});
