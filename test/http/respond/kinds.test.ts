import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { App, content, html, Router, text } from '../../../src/index.ts';
import { testClient } from '../../../src/testing/index.ts';
import { coded } from '../../support/coded.ts';

test('html() and text() say what they are', async () => {
  const app = new App({ logger: false });
  app.get('/page', () => html('<h1>é</h1>'));
  app.get('/text', (_, ctx) => {
    ctx.setHeader('x-own', 'y');
    return text('<h1>', { status: 404, headers: { 'cache-control': 'no-store' } });
  });
  await using client = await testClient(app);
  const page = await client.get('/page');
  assert.deepEqual([page.headers.get('content-type'), await page.text()], ['text/html; charset=utf-8', '<h1>é</h1>']);
  assert.equal(page.headers.get('x-content-type-options'), 'nosniff');
  const plain = await client.get('/text');
  assert.deepEqual(
    [plain.status, plain.headers.get('content-type'), await plain.text()],
    [404, 'text/plain; charset=utf-8', '<h1>'],
  );
  assert.deepEqual([plain.headers.get('x-own'), plain.headers.get('cache-control')], ['y', 'no-store']);
  assert.throws(() => html(Promise.resolve('x') as never), coded('CORTADO_NOT_AWAITED', 'html()'));
  assert.throws(() => text('x', { status: 99 }), coded('CORTADO_OPTION_INVALID', 'status'));
});

test('an app or a router has a kind of answer for routes that say none', async () => {
  const page = new Router({ prefix: '/page', defaultResponse: content('text/html') });
  page.get('/', () => '<h1>Hello</h1>');
  page.get('/json', { response: z.object({ n: z.int() }) }, () => ({ n: 1 }));
  const app = new App({ logger: false, defaultResponse: content('text/plain') }).include(page);
  app.get('/', () => 'hello');
  app.get('/web', () => Response.json(1));
  await using client = await testClient(app);
  const types: readonly [string, string, string][] = [
    ['/page/', 'text/html; charset=utf-8', '<h1>Hello</h1>'],
    ['/page/json', 'application/json', '{"n":1}'],
    ['/', 'text/plain; charset=utf-8', 'hello'],
    ['/web', 'application/json', '1'],
  ];
  for (const [path, type, body] of types) {
    const response = await client.get(path);
    assert.deepEqual([response.headers.get('content-type'), await response.text()], [type, body], path);
  }
  assert.equal((await client.get('/openapi.json')).headers.get('content-type'), 'application/json');
  const { responses } = app.openapi().paths['/page/']!['get'] as { responses: Record<string, { content: object }> };
  assert.deepEqual(Object.keys(responses['200']!.content), ['text/html']);
  const wrong = { defaultResponse: z.string() as never };
  assert.throws(() => new Router(wrong), coded('CORTADO_OPTION_INVALID', 'defaultResponse'));
});
