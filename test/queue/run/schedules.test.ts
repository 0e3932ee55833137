import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { z } from 'zod';
import { sleep } from '../../../src/concurrency/sleep.ts';
import type { ErrorCode } from '../../../src/index.ts';
import { slotsOf } from '../../../src/queue/declare/schedule.ts';
import {
  type Engine,
  type EngineHost,
  MemoryEngine,
  type OpenEngine,
  Queue,
  type ScheduleOptions,
} from '../../../src/queue/index.ts';
import { coded } from '../../support/coded.ts';
import { silent } from '../../support/silent-logger.ts';
import { until } from '../../support/until.ts';
import { FakeClock } from '../support/fake-clock.ts';

const at = (text: string): number => Date.parse(text);

const slots: readonly [string, ScheduleOptions, string, readonly string[]][] = [
  [
    'a cron pattern, in UTC',
    { cron: '0 3 * * *' },
    '2026-01-01T02:00:00Z',
    ['2026-01-01T03:00:00Z', '2026-01-02T03:00:00Z'],
  ],
  [
    'a time zone',
    { cron: '0 3 * * *', timezone: 'Asia/Taipei' },
    '2026-01-01T00:00:00Z',
    ['2026-01-01T19:00:00Z', '2026-01-02T19:00:00Z'],
  ],
  [
    'the hour that summer time takes away',
    { cron: '30 2 * * *', timezone: 'Europe/Berlin' },
    '2026-03-28T02:00:00Z',
    ['2026-03-29T01:00:00Z', '2026-03-30T00:30:00Z'],
  ],
  ['seconds', { cron: '*/20 * * * * *' }, '2026-01-01T00:00:01Z', ['2026-01-01T00:00:20Z', '2026-01-01T00:00:40Z']],
  [
    'an interval, counted from the epoch',
    { every: 3_600_000 },
    '2026-01-01T00:20:00Z',
    ['2026-01-01T01:00:00Z', '2026-01-01T02:00:00Z'],
  ],
];
for (const [what, options, from, expected] of slots)
  test(`knows the slots of ${what}`, () => {
    const { next } = slotsOf('schedule "a"', options);
    const found: number[] = [];
    for (let time: number | undefined = at(from); found.length < expected.length; found.push(time!)) time = next(time!);
    assert.deepEqual(
      found.map((time) => new Date(time).toISOString()),
      expected.map((time) => new Date(time).toISOString()),
    );
  });

const wrong: readonly [string, object, ErrorCode, ...names: string[]][] = [
  ['a pattern with too few parts', { cron: '* * *' }, 'CORTADO_SCHEDULE_INVALID', '"* * *"'],
  ['a pattern that cannot be read', { cron: '61 * * * *' }, 'CORTADO_SCHEDULE_INVALID', '"61 * * * *"'],
  ['an unknown time zone', { cron: '* * * * *', timezone: 'Mars/Base' }, 'CORTADO_SCHEDULE_INVALID', '"Mars/Base"'],
  ['a pattern that never comes', { cron: '0 0 31 4 *' }, 'CORTADO_SCHEDULE_INVALID', '"0 0 31 4 *"'],
  ['another one', { cron: '0 0 0 30 2 *' }, 'CORTADO_SCHEDULE_INVALID', '"0 0 0 30 2 *"'],
  [
    'the weekday next to a day that never comes',
    { cron: '0 0 31W 6,9 *' },
    'CORTADO_SCHEDULE_INVALID',
    '"0 0 31W 6,9 *"',
  ],
  ['a pattern that is empty', { cron: '' }, 'CORTADO_SCHEDULE_INVALID', '""'],
  ['a pattern that is no text', { cron: 5 }, 'CORTADO_SCHEDULE_INVALID', 'cron', '5'],
  ['a time zone without a name', { cron: '* * * * *', timezone: '' }, 'CORTADO_SCHEDULE_INVALID', '""'],
  ['an offset that no place has', { cron: '* * * * *', timezone: '+25:00' }, 'CORTADO_SCHEDULE_INVALID', '"+25:00"'],
  ['no interval', { every: 0 }, 'CORTADO_SCHEDULE_INVALID', 'every', '0'],
  ['an interval that goes back', { every: -1000 }, 'CORTADO_SCHEDULE_INVALID', 'every', '-1000'],
  ['an interval that is no number', { every: Number.NaN }, 'CORTADO_SCHEDULE_INVALID', 'every', 'NaN'],
  ['an interval without an end', { every: Number.POSITIVE_INFINITY }, 'CORTADO_SCHEDULE_INVALID', 'every', 'Infinity'],
  ['an interval that is longer than all times', { every: 9e15 }, 'CORTADO_SCHEDULE_INVALID', '9000000000000000'],
  ['neither pattern nor interval', {}, 'CORTADO_SCHEDULE_INVALID', 'cron', 'every'],
  ['an interval that is too short', { every: 5 }, 'CORTADO_SCHEDULE_INVALID', 'every', '100'],
  [
    'an unknown policy',
    { every: 1000, missed: 'never' },
    'CORTADO_SCHEDULE_INVALID',
    'missed',
    "'skip'",
    "'one'",
    "'all'",
  ],
];
for (const [what, options, code, ...names] of wrong)
  test(`refuses ${what}`, () => {
    assert.throws(() => slotsOf('schedule "a"', options as ScheduleOptions), coded(code, 'schedule "a"', ...names));
    const queue = new Queue();
    const own = queue.task('own', () => 1);
    const remote = queue.remote('remote');
    for (const task of [own, remote])
      assert.throws(() => queue.schedule('a', options as ScheduleOptions, task), { code });
  });

// They wait for their slots, so they wait together.
describe('schedules', { concurrency: true }, () => {
  test('runs a task at each slot', async () => {
    await using queue = new Queue({ log: silent });
    const ran: string[] = [];
    const task = queue.task('tick', { params: { label: z.string() } }, ({ label }, { headers }) => {
      ran.push(`${label} ${headers['cortado-schedule']} ${headers['cortado-slot']}`);
    });
    queue.schedule('ticks', { every: 200 }, task, { label: 'a' });
    await queue.work();
    await until('three slots have passed', () => assert.ok(ran.length >= 3));
    assert.match(ran[0]!, /^a ticks \d{4}-.*T.*\.[02468]00Z$/);
    assert.equal(new Set(ran).size, ran.length);
  });

  const policies: readonly [NonNullable<ScheduleOptions['missed']>, number][] = [
    ['skip', 0],
    ['one', 1],
    ['all', 3],
  ];
  for (const [missed, expected] of policies)
    test(`makes up for ${missed === 'skip' ? 'no' : missed} missed slots with missed: '${missed}'`, async () => {
      const clock = new FakeClock(at('2026-01-01T00:30:00Z'));
      await using queue = new Queue({ log: silent, clock });
      let ran = 0;
      const task = queue.task('hourly', () => void ran++);
      queue.schedule('hourly', { cron: '0 * * * *', missed }, task);
      await queue.work();
      await sleep(30);
      // As if nobody had been there for three hours.
      clock.move(3 * 3_600_000);
      await sleep(1300);
      assert.equal(ran, expected);
    });

  test('runs each slot once, whoever looks at it', async () => {
    const memory = new MemoryEngine();
    let opened: Promise<OpenEngine> | undefined;
    const engine: Engine = Object.assign(memory, { open: once });
    function once(host: EngineHost): Promise<OpenEngine> {
      return (opened ??= new MemoryEngine().open(host));
    }
    const ran: string[] = [];
    const queues = Array.from({ length: 4 }, () => {
      const queue = new Queue({ engine, log: silent });
      const task = queue.task('tick', (_, { headers }) => void ran.push(headers['cortado-slot']!));
      queue.schedule('ticks', { every: 300 }, task);
      return queue;
    });
    await Promise.all(queues.map((queue) => queue.work()));
    await until('four slots have passed', () => assert.ok(ran.length >= 4));
    for (const queue of queues) await queue.close();
    assert.equal(new Set(ran).size, ran.length, ran.join(' '));
  });

  test('survives a clock that is set back an hour: no slot comes twice', async () => {
    const clock = new FakeClock(at('2026-01-01T00:59:59.500Z'));
    await using queue = new Queue({ log: silent, clock });
    let ran = 0;
    const task = queue.task('hourly', () => void ran++);
    queue.schedule('hourly', { cron: '0 * * * *' }, task);
    await queue.work();
    await sleep(30);
    clock.move(1000);
    await sleep(1300);
    assert.equal(ran, 1);
    clock.move(-3_600_000);
    await sleep(1200);
    clock.move(3_600_000);
    await sleep(1200);
    assert.equal(ran, 1);
  });

  test('refuses input of a schedule that does not fit when the worker starts, and not at night', async () => {
    await using queue = new Queue({ log: silent });
    const task = queue.task('mail', { params: { to: z.email() } }, () => 1);
    queue.schedule('nightly', { cron: '0 3 * * *' }, task, { to: 'nobody' });
    await assert.rejects(queue.work(), coded('CORTADO_TASK_INPUT', 'schedule "nightly": to: '));
  });
});
