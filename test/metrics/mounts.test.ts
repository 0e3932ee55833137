import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { App, dependency, HttpError } from '../../src/index.ts';
import { metrics } from '../../src/metrics/index.ts';
import { parseMetrics } from '../support/parse-metrics.ts';
import { sendRequest } from '../support/send-request.ts';

test('one scrape has the figures of what is mounted, each request once, by the whole path', async () => {
  const deepest = new App({ logger: false });
  deepest.get('/leaf', () => 1);
  const mounted = new App({ logger: false });
  mounted.get('/items/{id}', { params: { id: z.int() } }, ({ id }) => id);
  mounted.mount('/deep', deepest);
  const app = new App({ logger: false });
  app.use(metrics({ process: false }));
  const nobody = dependency(() => {
    throw new HttpError(401);
  });
  app.mount('/in', mounted);
  app.mount('/fetch', () => new Response('x'));
  app.mount('/closed', new App({ logger: false }), { guards: [nobody] });
  app.get('/own', () => 1);
  const address = await app.listen({ port: 0 });
  for (const path of ['/in/items/1', '/in/items/2', '/in/deep/leaf', '/in/none', '/fetch/x', '/closed/x', '/own'])
    await sendRequest(address, path);
  const { value } = parseMetrics((await sendRequest(address, '/metrics')).text);
  const count = (route: string, status = '200'): number | undefined =>
    value('http_request_duration_seconds_count', { method: 'GET', route, status });
  assert.deepEqual(
    [
      count('/in/items/{id}'),
      count('/in/deep/leaf'),
      count('unmatched', '404'),
      count('/fetch/*'),
      count('/closed/*', '401'),
      count('/own'),
      count('/in/*'),
      count('/in/deep/*'),
    ],
    [2, 1, 1, 1, 1, 1, undefined, undefined],
  );
  assert.equal(value('http_requests_in_flight', { method: 'GET', route: '/in/items/{id}' }), 0);
  await app.close();
});
