import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { App, dependency, HttpError, type RequestContext } from '../../../src/index.ts';
import { sendRequest } from '../../support/send-request.ts';

const app = new App({ logger: false });
const failsToClose = dependency(async function* () {
  yield 1;
  throw new HttpError(409, 'no commit');
});
const setsStatus = dependency((_, context: RequestContext) => context.setStatus(203));

for (const status of [200, 201, 202, 204, 205, 304, 404, 500, 503])
  app.post(`/${status}`, { status }, () => ({ a: 1 }));
app.post('/set', { status: 201 }, (_, context) => context.setStatus(202));
app.post('/dependency', { status: 201, params: { setsStatus } }, () => 1);
app.post('/guard', { status: 201, guards: [setsStatus] }, () => 1);
app.post('/error', { status: 201 }, (_, context) => {
  context.setStatus(202);
  throw new HttpError(418, 'teapot');
});
app.post('/unexpected', { status: 201 }, () => {
  throw new Error('secret');
});
app.post('/close', { status: 201, params: { failsToClose } }, () => 1);
app.post('/response', { status: 201 }, () => new Response('made', { status: 206 }));
app.post('/set-204', {}, (_, context) => {
  context.setStatus(204);
  return { a: 1 };
});

let address = '';
before(async () => {
  address = await app.listen({ port: 0 });
});
after(() => app.close());

const cases: readonly [string, number, string][] = [
  ['200', 200, '{"a":1}'],
  ['201', 201, '{"a":1}'],
  ['202', 202, '{"a":1}'],
  ['204', 204, ''],
  ['205', 205, ''],
  ['304', 304, ''],
  ['404', 404, '{"a":1}'],
  ['500', 500, '{"a":1}'],
  ['503', 503, '{"a":1}'],
  ['set', 202, 'null'],
  ['dependency', 203, '1'],
  ['guard', 203, '1'],
  ['error', 418, '{"detail":"teapot"}'],
  ['unexpected', 500, '{"detail":"Internal Server Error"}'],
  ['close', 409, '{"detail":"no commit"}'],
  ['response', 206, 'made'],
  ['set-204', 204, ''],
];
for (const [name, status, text] of cases) {
  test(`POST /${name} answers ${status}`, async () => {
    const response = await sendRequest(address, `/${name}`, { method: 'POST' });
    assert.deepEqual([response.status, response.text], [status, text]);
    if (text === '') assert.equal(response.headers['content-type'], undefined);
  });
}

test('JSON has no charset, as RFC 8259 has it', async () => {
  const response = await sendRequest(address, '/200', { method: 'POST' });
  assert.equal(response.headers['content-type'], 'application/json');
  assert.equal((await sendRequest(address, '/nowhere')).headers['content-type'], 'application/json');
});
