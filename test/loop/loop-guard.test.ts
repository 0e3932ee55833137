import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { App, component, dependency } from '../../src/index.ts';
import type { LoopOptions } from '../../src/loop/index.ts';
import { describeStall } from '../../src/loop/measure/stall.ts';
import { testClient } from '../../src/testing/index.ts';
import { coded } from '../support/coded.ts';
import { until } from '../support/until.ts';
import { block, type HeardLogger, heardLogger, settle } from './support.ts';

function appWith(loop?: LoopOptions | false): { app: App; log: HeardLogger } {
  const log = heardLogger();
  return { app: new App({ logger: log, ...(loop !== undefined && { loop }) }), log };
}

test('charges a handler with the time that it holds up the loop, and says so once it is over', async () => {
  const { app, log } = appWith();
  app.get('/slow/{n}', { params: { n: z.int() } }, () => block(150));
  await using client = await testClient(app);
  await client.get('/slow/1');
  await until('it is blamed', () => assert.equal(log.blames().length, 1));
  const { fields, text } = log.blames()[0]!;
  assert.match(text, /^GET \/slow\/\{n\} held up the loop for \d{3} ms in its handler$/);
  assert.deepEqual([fields['owner'], fields['phase']], ['GET /slow/{n}', 'handler']);
});

test('charges dependencies, bodies and answers to their phases', async () => {
  const { app, log } = appWith();
  const slow = dependency(() => block(150), { name: 'slow' });
  const slowSchema = z.object({ a: z.int() }).refine(() => {
    block(150);
    return true;
  });
  app.get('/dependency', { params: { slow } }, () => 1);
  app.get('/guard', { guards: [slow] }, () => 1);
  app.post('/body', { params: { item: slowSchema } }, () => 1);
  app.get('/answer', async () => ({ toJSON: () => block(150) }));
  await using client = await testClient(app);
  for (const path of ['/dependency', '/guard', '/answer']) await client.get(path);
  await client.post('/body', { json: { a: 1 } });
  await until('they are blamed', () =>
    assert.deepEqual(
      log.blames().map(({ fields }) => `${fields['owner']} ${fields['phase']}`),
      ['GET /dependency dependency "slow"', 'GET /guard guard "slow"', 'GET /answer respond', 'POST /body input'],
    ),
  );
});

test('without a watchdog, what blocks after an await is noticed but blamed on nobody', async () => {
  const { app, log } = appWith();
  app.get('/late', async () => {
    await pause(5);
    block(200);
  });
  app.get('/innocent', async () => {
    for (let turn = 0; turn < 20; turn++) await pause(5);
  });
  await using client = await testClient(app);
  await Promise.all([client.get('/late'), client.get('/innocent'), client.get('/innocent')]);
  await until('it is noticed', () =>
    assert.match(
      log.warnings.at(-1)?.text ?? '',
      /^Something that runs after an await held up the loop for \d{3} ms; .*watchdog/,
    ),
  );
  assert.deepEqual(log.blames(), []);
});

test('a stall of nobody advises a watchdog, unless one looks on', () => {
  const stall = { owner: undefined, phase: 'after an await', ms: 107.4, place: undefined };
  const what = 'Something that runs after an await held up the loop for 107 ms';
  assert.equal(
    describeStall(stall, false),
    `${what}; new App({ loop: { watchdog: true } }) or CORTADO_WATCHDOG=1 tells what`,
  );
  assert.equal(describeStall(stall, true), `${what}, or the machine was busy: the watchdog saw nobody at it`);
  assert.equal(describeStall({ ...stall, place: 'app.ts:3' }, true), `${what} (app.ts:3)`);
});

test('with a watchdog, what blocks after an await is charged, with its place', async () => {
  const { app, log } = appWith({ watchdog: true });
  app.get('/late', async () => {
    await pause(5);
    block(400);
  });
  await using client = await testClient(app);
  await pause(200);
  await client.get('/late');
  await until('it is blamed', () => assert.notEqual(log.blames().length, 0));
  const { fields } = log.blames().at(-1)!;
  assert.deepEqual([fields['owner'], fields['phase']], ['GET /late', 'handler']);
  assert.match(String(fields['place']), /test\/loop\/support\.ts:\d+/);
});

test('keeps an account for metrics', async () => {
  const { app } = appWith({ threshold: 30 });
  app.get('/slow', () => block(60));
  await using client = await testClient(app);
  for (let n = 0; n < 3; n++) await client.get('/slow');
  const mine = () =>
    app.gauges().filter(({ labels }) => labels?.['owner'] === 'GET /slow' && labels['phase'] === 'handler');
  const value = (name: string): number => mine().find((gauge) => gauge.name === name)?.value ?? Number.NaN;
  await until('each is counted', () => assert.equal(value('cortado_loop_blocked_total'), 3));
  assert.ok(value('cortado_loop_blocked_seconds_total') >= 0.18);
});

test('judges nothing before the app is ready, nor what follows in the same turn', async () => {
  const { app, log } = appWith({ watchdog: true });
  const lazy = dependency(() => block(150), { name: 'lazy', scope: 'app' });
  app.use({
    [component]: () => ({
      name: 'slow start',
      start: async () => {
        block(150);
        await pause(60);
        block(150);
      },
    }),
  });
  app.get('/', { params: { lazy } }, () => 1);
  app.get('/slow', () => block(150));
  await app.ready();
  block(150);
  await pause(150);
  await using client = await testClient(app);
  await client.get('/');
  await settle();
  assert.deepEqual(log.warnings, []);
  await client.get('/slow');
  await until('it is blamed', () => assert.equal(log.blames().length, 1));
});

test('keeps silent under the threshold, and where it is switched off', async () => {
  for (const loop of [{ threshold: 300 }, false] as const) {
    const { app, log } = appWith(loop);
    app.get('/slow', () => block(150));
    await using client = await testClient(app);
    await client.get('/slow');
    await settle();
    assert.deepEqual(log.blames(), []);
  }
});

test('logs a busy culprit once a second, and counts each time', async () => {
  const { app, log } = appWith({ threshold: 20 });
  app.get('/slow', () => block(40));
  await using client = await testClient(app);
  for (let n = 0; n < 5; n++) await client.get('/slow');
  await until('each is counted', () =>
    assert.equal(app.gauges().find(({ labels }) => labels?.['phase'] === 'handler')?.value, 5),
  );
  assert.equal(log.blames().length, 1);
});

test('works again when the app starts again, and costs nothing when it has stopped', async () => {
  const { app, log } = appWith({ watchdog: true });
  app.get('/slow', () => block(150));
  for (const times of [1, 2]) {
    await using client = await testClient(app);
    await client.get('/slow');
    await until('it is blamed', () => assert.equal(log.blames().length, times));
    // A culprit is named once a second.
    await pause(1000);
  }
  block(150);
  await settle();
  assert.equal(log.blames().length, 2);
});

test('refuses options that it does not know', () => {
  assert.throws(() => new App({ loop: { treshold: 1 } as LoopOptions }), coded('CORTADO_OPTION_UNKNOWN', '"treshold"'));
  assert.throws(() => new App({ loop: { threshold: 0 } }), coded('CORTADO_OPTION_INVALID', 'threshold', '0'));
});
