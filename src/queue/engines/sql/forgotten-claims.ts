import type { Clock } from '../../../base/clock.ts';
import type { SqlStore } from '../../../db/store/sql-store.ts';
import type { ClaimRef } from '../../contract/engine.ts';
import { type Settlement, settle } from './settle.ts';
import { parseToken } from './store/rows.ts';
import { ownClaims } from './store/worker-statements.ts';

/**
 * Finds the claims that a worker has and does not know of: the answer was lost with the connection, after the claim had been committed. Its
 * worker lives, so nobody else would ever take them for lost.
 *
 * @returns What queues again what a worker has not named for the length of its lease, and resolves to the ids of these tasks; none ever ran, so
 *   it counts as no attempt and no crash.
 */
export function forgottenClaims(
  store: SqlStore,
  clock: Clock,
): (worker: string, known: readonly ClaimRef[], lease: number) => Promise<string[]> {
  // Since when each has not been named, by worker and token: an answer may still be on its way.
  const unnamedOf = new Map<string, ReadonlyMap<string, number>>();

  return async (worker, known, lease) => {
    const named = new Set(known.map(({ token }) => String(token)));
    const rows = await store.run(ownClaims, { worker });
    const before = unnamedOf.get(worker);
    const elapsed = clock.elapsed();
    const unnamed = new Map<string, number>();
    for (const { seq, token } of rows) {
      const claim = `${seq}.${token}`;
      if (!named.has(claim)) unnamed.set(claim, before?.get(claim) ?? elapsed);
    }
    unnamedOf.set(worker, unnamed);
    const forgotten = [...unnamed].filter(([, since]) => elapsed - since > lease);
    const released = forgotten.map(([claim]): Settlement => {
      return { ...parseToken(claim), was: 'running', state: 'queued', attempts: -1 };
    });
    return (await settle(store, released, clock.now())).map(({ id }) => id);
  };
}
