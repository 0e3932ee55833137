import type { SqlStore } from '../../../db/store/sql-store.ts';
import type { Finish } from '../../contract/engine.ts';
import { type Settlement, settle } from './settle.ts';
import { parseToken } from './store/rows.ts';
import { succeed, successes } from './store/worker-statements.ts';

export interface Finished {
  readonly accepted: readonly boolean[];
  readonly hasQueued: boolean;
}

/** Stores the ends of runs: those that succeeded in one statement, all others in another, both at once. */
export async function finishRuns(store: SqlStore, ends: readonly Finish[], now: number): Promise<Finished> {
  const succeeded: { readonly seq: number; readonly token: number; readonly result: string }[] = [];
  const others: Settlement[] = [];
  const seqs = ends.map(({ claim, outcome }) => {
    const { seq, token } = parseToken(claim.token);
    if (outcome.kind === 'succeeded') succeeded.push({ seq, token, result: outcome.result });
    else others.push(settlementOf(seq, token, outcome, now));
    return seq;
  });
  const [first, second] = await Promise.all([
    succeeded.length === 0 ? [] : store.run(succeed, { now, rows: successes.json(succeeded) }),
    settle(store, others, now),
  ]);
  const stored = new Set([...first, ...second].map(({ seq }) => seq));
  return { accepted: seqs.map((seq) => stored.has(seq)), hasQueued: second.some(({ state }) => state === 'queued') };
}

function settlementOf(
  seq: number,
  token: number,
  outcome: Exclude<Finish['outcome'], { kind: 'succeeded' }>,
  now: number,
): Settlement {
  const fence = { seq, token, was: 'running' as const };
  switch (outcome.kind) {
    case 'failed':
    case 'cancelled':
      return { ...fence, state: outcome.kind, error: outcome.error, finishedAt: now };
    case 'retrying':
      return {
        ...fence,
        state: outcome.runAt <= now ? 'queued' : 'retrying',
        error: outcome.error,
        runAt: outcome.runAt,
      };
    case 'released':
      return { ...fence, state: 'queued', attempts: -1 };
  }
}
