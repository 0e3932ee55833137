import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import view from '@fastify/view';
import { Eta } from 'eta';
import { z } from 'zod';
import app from '../../../examples/docs/templates.ts';
import { App, template } from '../../../src/index.ts';
import { testClient } from '../../../src/testing/index.ts';
import { memoryLog } from '../../support/memory-log.ts';

test('a template shows its data, escaped, with the addresses of routes', async () => {
  await using client = await testClient(app);
  const response = await client.get('/drinks/2');
  assert.equal(response.headers.get('content-type'), 'text/html; charset=utf-8');
  assert.equal(await response.text(), '<h1>lungo &lt;long&gt;</h1>\n<a href="/drinks/3">the next one</a>\n');
});

test('what a template can be told, and what it needs', async () => {
  const log = memoryLog();
  const bare = new App({ logger: log.logger });
  bare.get('/', (_, ctx) => template(ctx, 'none.eta'));
  await using client = await testClient(bare);
  assert.equal((await client.get('/')).status, 500);
  assert.match(JSON.stringify(log.errors()), /app\.use\(view/);
});

test('the status and the headers of a template are options', async () => {
  const root = fileURLToPath(new URL('../../../examples/docs/templates', import.meta.url));
  const own = new App({ logger: false }).use(view, { engine: { eta: new Eta({ views: root }) }, root });
  const showDrink = own.get(
    '/p/{id}',
    { params: { id: z.int() } },
    ({ id }, ctx): Promise<Response> =>
      template(ctx, 'drink.eta', { id, name: 'none', showDrink }, { status: 404, headers: { 'x-own': 'y' } }),
  );
  await using client = await testClient(own);
  const { response } = await client.call(showDrink, { id: 1 });
  assert.deepEqual([response.status, response.headers.get('x-own')], [404, 'y']);
});
