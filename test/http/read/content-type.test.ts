import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { App, Router } from '../../../src/index.ts';
import { testClient } from '../../../src/testing/index.ts';

// FastAPI's `strict_content_type`, of an app and of a router.
const item = z.object({ n: z.int() });

for (const [what, app, router, route, status] of [
  ['nobody says anything', undefined, undefined, undefined, 422],
  ['the app is not strict', false, undefined, undefined, 200],
  ['the router is not strict', undefined, false, undefined, 200],
  ['the route is not strict', undefined, undefined, false, 200],
  ['the router is strict in an app that is not', false, true, undefined, 422],
  ['the route is strict in a router that is not', undefined, false, true, 422],
] as const)
  test(`a body without a content-type is ${status} where ${what}`, async () => {
    const given = (strictContentType: boolean | undefined) =>
      strictContentType === undefined ? {} : { strictContentType };
    const routes = new Router(given(router));
    routes.post('/', { params: { item }, ...given(route) }, ({ item }) => item.n);
    await using client = await testClient(new App({ logger: false, ...given(app) }).include(routes));
    const response = await client.post('/', { body: Buffer.from('{"n":1}') });
    assert.equal(response.status, status);
    const text = await client.post('/', { body: '{"n":1}', headers: { 'content-type': 'text/plain' } });
    assert.equal(text.status, 422);
  });
