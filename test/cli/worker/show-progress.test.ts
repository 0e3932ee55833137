import assert from 'node:assert/strict';
import { test } from 'node:test';
import { progressText, showProgress } from '../../../src/cli/worker/show-progress.ts';

const gauges = (values: Readonly<Record<string, number>>) => () =>
  Object.entries(values).map(([name, value]) => ({ name: `cortado_tasks_${name}`, help: '', value }));

const lines: readonly [string, Readonly<Record<string, number>>, string][] = [
  [
    'nothing yet',
    { running: 0, concurrency: 10, succeeded_total: 0, failed_total: 0, retried_total: 0 },
    '▸ 0 of 10 running · 0 done',
  ],
  [
    'failures',
    { running: 3, concurrency: 10, succeeded_total: 12, failed_total: 2, retried_total: 1 },
    '▸ 3 of 10 running · 12 done · 2 failed · 1 tried again',
  ],
];
for (const [what, values, text] of lines)
  test(`the line of a worker says: ${what}`, () => {
    assert.equal(progressText({ gauges: gauges(values) }, 80), text);
  });

test('the line adds up all queues, and fits its terminal', () => {
  const one = gauges({ running: 1, concurrency: 2, succeeded_total: 3 });
  const text = progressText({ gauges: () => [...one(), ...one()] }, 20);
  assert.equal(text, '▸ 2 of 4 running · ');
});

test('what is logged goes above the line, and the line goes at the end', () => {
  let written = '';
  const terminal = {
    columns: 80,
    write: (text: string) => Boolean((written += text)),
  } as unknown as NodeJS.WriteStream;
  const app = { gauges: gauges({ running: 1, concurrency: 2, succeeded_total: 3 }) };
  const end = showProgress(app as never, terminal);
  terminal.write('a log line\n');
  end();
  assert.equal(written.endsWith('\r\u001B[K'), true);
  assert.ok(written.includes('\r\u001B[Ka log line\n\r\u001B[K▸ 1 of 2 running'));
});
