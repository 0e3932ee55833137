import assert from 'node:assert/strict';
import { test } from 'node:test';
import cors from '@fastify/cors';
import { z } from 'zod';
import { App, Router } from '../../../src/index.ts';
import { memoryLog } from '../../support/memory-log.ts';
import { sendRequest } from '../../support/send-request.ts';

const Filter = z.object({ name: z.string().min(1) });

async function served(app: App): Promise<AsyncDisposable & { readonly address: string }> {
  const address = await app.listen({ port: 0 });
  return { address, [Symbol.asyncDispose]: () => app.close().then(() => {}) };
}

const json = { 'content-type': 'application/json' };

for (const plugin of [false, true])
  test(`answers the methods of a list, TRACE and QUERY ${plugin ? 'behind' : 'without'} a plugin's hooks`, async () => {
    const app = new App({ logger: false });
    if (plugin) app.use(cors);
    app.route(
      ['PUT', 'PATCH', 'QUERY'],
      '/items/{id}',
      { params: { id: z.int(), filter: Filter } },
      (values, context) => [context.method, values.id, values.filter.name],
    );
    app.trace('/trace', (_, { method }) => method);
    await using server = await served(app);
    for (const method of ['PUT', 'PATCH', 'QUERY']) {
      const sent = { method, headers: json, body: '{"name":"Ada"}' };
      assert.equal((await sendRequest(server.address, '/items/7', sent)).text, `["${method}",7,"Ada"]`);
      const wrong = await sendRequest(server.address, '/items/7', { ...sent, body: '{"name":""}' });
      assert.equal(wrong.status, 422);
      assert.match(wrong.text, /"loc":\["body","name"\]/);
    }
    assert.equal((await sendRequest(server.address, '/trace', { method: 'TRACE' })).text, '"TRACE"');
    const refused = await sendRequest(server.address, '/items/7', { method: 'POST' });
    assert.deepEqual([refused.status, refused.headers['allow']], [405, 'PUT, PATCH, QUERY']);
  });

test('a QUERY to a path without one is a 405', async () => {
  const app = new App({ logger: false });
  app.get('/items', () => []);
  app.query('/search', { params: { filter: Filter } }, ({ filter }) => filter.name);
  await using server = await served(app);
  const refused = await sendRequest(server.address, '/items', { method: 'QUERY', headers: json, body: '{}' });
  assert.deepEqual([refused.status, refused.headers['allow']], [405, 'GET, HEAD']);
});

test('documents each method with an id of its own, and says at the start what OpenAPI has no word for', async () => {
  const log = memoryLog();
  const app = new App({ logger: log.logger });
  const things = new Router({ prefix: '/things' });
  const showThing = (): string => 'thing';
  things.route(['GET', 'POST'], '', showThing);
  things.trace('', showThing);
  things.query('', showThing);
  app.include(things);
  app.query('/hidden', { documented: false }, showThing);
  await using _server = await served(app);
  const operations = app.openapi().paths['/things'] as unknown as Record<string, { operationId: string }>;
  assert.deepEqual(Object.keys(operations), ['get', 'post', 'trace']);
  assert.equal(new Set(Object.values(operations).map(({ operationId }) => operationId)).size, 3);
  const lines = log.lines.filter((line) => JSON.stringify(line).includes('OpenAPI 3.1'));
  assert.equal(lines.length, 1);
  assert.match(JSON.stringify(lines[0]), /QUERY \/things/);
  assert.doesNotMatch(JSON.stringify(lines[0]), /hidden/);
});

for (const [what, methods] of [
  ['no method', []],
  ['a method by itself', 'GET'],
  ['a method in small letters', ['get']],
  ['a method that is none', ['GET', 'BREW']],
] as const)
  test(`refuses ${what}`, () => {
    assert.throws(() => new App().route(methods as never, '/', () => 1), { code: 'CORTADO_OPTION_INVALID' });
  });

test('a method twice is a route twice', () => {
  assert.throws(() => new App().route(['GET', 'GET'], '/', () => 1), { code: 'CORTADO_ROUTE_DUPLICATE' });
});

test('types hold as for one method', () => {
  const app = new App({ logger: false });
  // @ts-expect-error the path has {id}
  assert.throws(() => app.route(['GET'], '/{id}', { params: {} }, () => 1), { code: 'CORTADO_PATH_PARAMETER' });
  // @ts-expect-error a method that is none
  assert.throws(() => app.route(['BREW'], '/', () => 1), { code: 'CORTADO_OPTION_INVALID' });
  app.route(['GET'], '/{id}', { params: { id: z.int() }, response: z.string() }, ({ id }) => id.toFixed());
});
