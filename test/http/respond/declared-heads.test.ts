import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { App, content, dependency, HttpError } from '../../../src/index.ts';
import { testClient } from '../../../src/testing/index.ts';
import { coded } from '../../support/coded.ts';
import { memoryLog } from '../../support/memory-log.ts';

test('declared headers and cookies are checked before anything is committed', async () => {
  const log = memoryLog();
  const seen: string[] = [];
  const session = dependency(async function* () {
    try {
      yield 1;
      seen.push('commit');
    } catch (error) {
      seen.push('rollback');
      throw error;
    }
  });
  const app = new App({ logger: log.logger });
  app.get(
    '/{how}',
    {
      params: { how: z.string(), session },
      responseHeaders: { 'X-Total': z.int().max(9), 'x-maybe': z.string().optional() },
      responseCookies: { sid: z.string().min(2) },
    },
    ({ how }, ctx) => {
      if (how === 'error') throw new HttpError(404);
      if (how === 'web') return Response.json(1, { headers: { 'x-total': '3', 'set-cookie': 'sid=ab' } });
      if (how !== 'missing') ctx.setHeader('x-total', how === 'large' ? 10 : 3);
      ctx.setCookie('sid', how === 'short' ? 'a' : 'a b');
      return how;
    },
  );
  await using client = await testClient(app);
  const answers: readonly [string, number, string][] = [
    ['fine', 200, 'commit'],
    ['web', 200, 'commit'],
    ['missing', 500, 'rollback'],
    ['large', 500, 'rollback'],
    ['short', 500, 'rollback'],
    ['error', 404, 'rollback'],
  ];
  for (const [how, status, end] of answers) {
    assert.equal((await client.get(`/${how}`)).status, status, how);
    assert.equal(seen.at(-1), end, how);
  }
  const told = log.errors().map(({ err }) => String((err as { message: string }).message));
  for (const [at, words] of ['header X-Total: Field required', 'header X-Total', 'cookie sid'].entries())
    assert.match(told[at] ?? '', new RegExp(words));
});

test('a stream is checked before its first byte, and schemas that wait are waited for', async () => {
  const app = new App({ logger: false });
  const late = z.string().refine(async (value) => value === 'yes');
  const options = { response: content('text/csv'), responseHeaders: { 'x-late': late } };
  app.get('/fine', options, function* (_, ctx) {
    ctx.setHeader('x-late', 'yes');
    yield 'a';
  });
  app.get('/wrong', options, function* (_, ctx) {
    ctx.setHeader('x-late', 'no');
    yield 'a';
  });
  await using client = await testClient(app);
  assert.deepEqual([(await client.get('/fine')).status, (await client.get('/wrong')).status], [200, 500]);
});

test('what is no schema is refused at registration', () => {
  const app = new App({ logger: false });
  const wrong = coded('CORTADO_OPTION_INVALID', 'responseHeaders');
  assert.throws(() => app.get('/', { responseHeaders: { 'x-a': 'text' as never } }, () => 1), wrong);
});
