import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { loopMonitor } from '../../src/loop/measure/loop-monitor.ts';
import { beginSegment, endSegment, passSegment } from '../../src/loop/measure/segment.ts';
import { load } from '../harness/load.ts';
import type { BenchOptions } from '../harness/options.ts';
import { median, ratioTo, spreadOfRatio } from '../harness/rounds.ts';
import { ServerProcess } from '../harness/server-process.ts';
import { figure, markdownTable } from '../harness/table.ts';

const path = '/items/42?q=espresso&limit=5';

interface Slice {
  readonly isOn: boolean;
  readonly requests: number;
  readonly microseconds: number;
}

/**
 * What the guard costs: one server under load switches it on and off twenty times a second, and neighbouring slices are compared. Two
 * servers, however fairly they take turns, differ by more than the guard costs.
 */
export async function guardCost({ rounds, seconds }: BenchOptions): Promise<string> {
  const guard = noPairs();
  const control = noPairs();
  for (let round = 0; round < rounds; round++) {
    collect(await measure('toggled', seconds), guard);
    collect(await measure('control', seconds), control);
  }
  const rows = [
    ['off', figure(median(guard.off), 2), '1.0000', figure(allocated('off'))],
    ['on', figure(median(guard.on), 2), ratioOf(guard), figure(allocated('on'))],
    ['off, and off again', figure(median(control.on), 2), ratioOf(control), ''],
  ];
  const columns = ['guard', 'CPU µs/request', 'ratio to off', 'bytes/request'];
  const how = `A validated GET under load. One server switches its guard on and off every 50 ms; neighbouring slices are compared by the processor time of a request: the median of ${figure(guard.on.length)} ratios from ${rounds} processes, and the interval that it is known to (95 %). The last row is the same without a guard to switch: noise. By itself, a request's segment takes ${figure(segmentNanoseconds())} ns. The bytes are those that one request allocates on the heap, injected.`;
  return `${how}\n\n${markdownTable({ columns, rows })}`;
}

interface Pairs {
  readonly on: number[];
  readonly off: number[];
}

function noPairs(): Pairs {
  return { on: [], off: [] };
}

function ratioOf({ on, off }: Pairs): string {
  return `${figure(ratioTo(off, on), 4)} ± ${figure(spreadOfRatio(off, on), 4)}`;
}

function collect(slices: readonly Slice[], { on, off }: Pairs): void {
  for (let at = 0; at + 1 < slices.length; at += 2) {
    const [first, second] = [slices[at]!, slices[at + 1]!];
    if (first.isOn === second.isOn || Math.min(first.requests, second.requests) < 50) continue;
    on.push(perRequest(first.isOn ? first : second));
    off.push(perRequest(first.isOn ? second : first));
  }
}

/** What the calls of the guard in one request take, in a row, the best of some rounds. */
function segmentNanoseconds(): number {
  const stop = loopMonitor.watch({ threshold: 100, onStall: () => {} });
  const count = 1_000_000;
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 8; round++) {
    const began = process.hrtime.bigint();
    for (let n = 0; n < count; n++) endSegment(passSegment(beginSegment(), 'handler'), 'handler');
    best = Math.min(best, Number(process.hrtime.bigint() - began) / count);
  }
  stop();
  return best;
}

async function measure(guard: string, seconds: number): Promise<readonly Slice[]> {
  await using server = await ServerProcess.start({
    name: 'the server that switches its guard',
    program: process.execPath,
    args: [join(import.meta.dirname, 'toggle-server.ts')],
    probe: '/ping',
    env: { LOOP_GUARD: guard },
  });
  const request = { method: 'GET', path } as const;
  await load(server.url, request, { seconds: 3 });
  await slicesOf(server);
  const { failed } = await load(server.url, request, { seconds });
  if (failed > 0) throw new Error('a request failed');
  return await slicesOf(server); // without it the server ends at once
}

async function slicesOf({ url }: ServerProcess): Promise<readonly Slice[]> {
  return (await (await fetch(`${url}/slices`)).json()) as readonly Slice[];
}

function perRequest({ microseconds, requests }: Slice): number {
  return microseconds / requests;
}

function allocated(guard: string): number {
  const flags = ['--expose-gc', '--min-semi-space-size=256', '--max-semi-space-size=256'];
  const args = [...flags, join(import.meta.dirname, 'allocation.ts')];
  return Number(execFileSync(process.execPath, args, { env: { ...process.env, LOOP_GUARD: guard }, encoding: 'utf8' }));
}
