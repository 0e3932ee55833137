import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { App, dependency, jsonLines, type RequestContext, sleep } from '../../../src/index.ts';
import { testClient } from '../../../src/testing/index.ts';
import { coded } from '../../support/coded.ts';
import { memoryLog } from '../../support/memory-log.ts';

const late: Readonly<Record<string, (context: RequestContext) => void>> = {
  setHeader: (context) => context.setHeader('x-late', '1'),
  setStatus: (context) => context.setStatus(202),
  setCookie: (context) => context.setCookie('late', '1'),
  deleteCookie: (context) => context.deleteCookie('late'),
};

for (const [method, call] of Object.entries(late))
  test(`warns of ctx.${method}() once the head was sent, and breaks nothing off`, async () => {
    const log = memoryLog();
    const app = new App({ logger: log.logger });
    app.get('/lines', { response: jsonLines() }, async function* (_, context) {
      yield 1;
      await sleep(10);
      call(context);
      yield 2;
    });
    const cleans = dependency(
      async function* (_: object, context: RequestContext) {
        yield 1;
        call(context);
      },
      { exit: 'after-send' },
    );
    app.get('/whole', { params: { cleans } }, () => 'whole');
    await using client = await testClient(app);
    assert.equal(await (await client.get('/lines')).text(), '1\n2\n');
    assert.equal(await (await client.get('/whole')).text(), '"whole"');
    await app.idle();
    const name = method === 'deleteCookie' ? 'setCookie' : method;
    for (const path of ['/lines', '/whole']) {
      const lines = log.lines.filter(({ route, level }) => route === `GET ${path}` && level === 40);
      assert.equal(lines.length, 1);
      coded('CORTADO_LIFECYCLE', `GET ${path}`, `ctx.${name}()`)(lines[0]!.err);
      assert.match(lines[0]!.err!.stack, /late-answer\.test/);
    }
  });

test('says nothing to a handler that goes on after its time limit', async () => {
  const log = memoryLog();
  const app = new App({ logger: log.logger });
  app.get('/', { timeout: 20 }, async (_, context) => {
    await pause(60);
    context.setHeader('x-late', '1');
  });
  await using client = await testClient(app);
  assert.equal((await client.get('/')).status, 504);
  await app.idle();
  assert.deepEqual(
    log.lines.filter(({ msg }) => msg.includes('came too late')),
    [],
  );
});

for (const method of [...Object.keys(late), 'defer'] as 'setStatus'[])
  test(`tells that ${method} needs its context`, async () => {
    const log = memoryLog();
    const app = new App({ logger: log.logger });
    app.get('/', (_, context) => {
      const alone = context[method] as (value: number) => void;
      alone(202);
    });
    await using client = await testClient(app);
    assert.equal((await client.get('/')).status, 500);
    coded('CORTADO_LIFECYCLE', `ctx.${method}(`)(log.errors()[0]!.err);
  });
