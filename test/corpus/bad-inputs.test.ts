// Each input goes to a server of its own process, which is asked after each what is left of it. `npm test` takes a part that a seed
// chooses; CORTADO_LONG=1 takes all, everywhere. CORTADO_SEED chooses, and makes what is random, again as it was.
import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type PostgresServer, startPostgres } from '../support/postgres.ts';
import { Random } from '../support/random.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import type { Variant } from './app.ts';
import { type BadFrames, type BadInput, corpus, frameCorpus } from './corpus.ts';
import { type Cost, runCorpus } from './run-corpus.ts';

const isWhole = process.env['CORTADO_LONG'] === '1';
const seed = Number(process.env['CORTADO_SEED'] ?? 1);
const least = 1200;
const inPart = 1050;

interface Configuration {
  readonly kind: 'SQLite' | 'PostgreSQL';
  readonly http2: boolean;
  readonly variant: Variant;
}

const configurations: readonly Configuration[] = (['SQLite', 'PostgreSQL'] as const).flatMap((kind) =>
  [false, true].flatMap((http2) =>
    (['plain', 'hooks', 'problem'] as const).map((variant) => ({ kind, http2, variant })),
  ),
);

/** What goes where: in the whole run everything, else each input to one configuration that can carry it. */
function shareOf(index: number): { inputs: readonly BadInput[]; frames: readonly BadFrames[] } {
  if (isWhole) return { inputs: all, frames };
  const { http2 } = configurations[index]!;
  const side = configurations.flatMap((one, at) => (one.http2 === http2 ? [at] : []));
  const inputs = chosen.filter(({ request }, at) =>
    request === undefined ? !http2 && side[at % side.length] === index : at % configurations.length === index,
  );
  return { inputs, frames: frames.filter((_, at) => side[at % side.length] === index) };
}

const all = corpus(seed);
const frames = frameCorpus(seed);
const chosen = new Random(seed).shuffled(all).slice(0, inPart);

const sent = new Map<string, Set<string>>();
const slowest = new Map<string, Cost>();

let postgres: PostgresServer;
let folder: string;
before(async () => {
  folder = temporaryFolder('corpus');
  postgres = await startPostgres();
});
after(async () => {
  await postgres?.stop();
  await rm(folder, { recursive: true, force: true });
});

for (const [index, { kind, http2, variant }] of configurations.entries())
  test(`nothing is left of bad inputs over HTTP/${http2 ? 2 : 1}, on ${kind}, on an app that is ${variant}`, async (t) => {
    const database = kind === 'SQLite' ? `sqlite:${join(folder, `${index}.db`)}` : await postgres.newDatabase();
    const { inputs, frames } = shareOf(index);
    const began = performance.now();
    const report = await runCorpus({ database, variant, http2 }, inputs, frames);
    for (const [name, hashes] of report.sent) sent.set(name, (sent.get(name) ?? new Set()).union(hashes));
    for (const [name, cost] of report.slowest) if (cost.ms > (slowest.get(name)?.ms ?? 0)) slowest.set(name, cost);
    const count = report.sent.values().reduce((sum, { size }) => sum + size, 0);
    t.diagnostic(`seed ${seed}: ${count} inputs in ${Math.round((performance.now() - began) / 1000)} s`);
    // The whole takes half an hour, at the end of which the runner would tell.
    for (const fault of report.faults) t.diagnostic(fault);
    assert.deepEqual(report.faults, [], `CORTADO_SEED=${seed}`);
  });

test(`at least ${least} of them are distinct by what was sent`, (t) => {
  let count = 0;
  for (const [name, { size }] of sent) {
    count += size;
    const { ms, name: which } = slowest.get(name)!;
    t.diagnostic(`${name}: ${size} distinct, the slowest ${Math.round(ms)} ms of the main thread (${which})`);
  }
  t.diagnostic(`${count} distinct in all`);
  assert.ok(count >= least, `${count} are distinct`);
});
