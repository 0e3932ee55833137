import type { Clock } from '../../../base/clock.ts';
import type { ClaimRef } from '../../contract/engine.ts';
import { type Settlement, settle } from './settle.ts';
import { parseToken } from './store/rows.ts';
import type { SqlStore } from './store/sql-store.ts';
import { ownClaims } from './store/worker-statements.ts';

/**
 * Finds the claims that a worker has and does not know of: the answer was lost with the connection, after the claim had been committed. Its
 * worker lives, so nobody else would ever take them for lost.
 */
export class ForgottenClaims {
  readonly #store: SqlStore;
  readonly #clock: Clock;
  // Since when each has not been named, by worker and token: an answer may still be on its way.
  readonly #unnamed = new Map<string, ReadonlyMap<string, number>>();

  constructor(store: SqlStore, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /**
   * Queues again what a worker has not named for the length of its lease; it never ran, so it counts as no attempt and no crash.
   *
   * @returns The ids of these tasks.
   */
  async release(worker: string, known: readonly ClaimRef[], lease: number, now: number): Promise<string[]> {
    const named = new Set(known.map(({ token }) => String(token)));
    const rows = await this.#store.run(ownClaims, { worker });
    const before = this.#unnamed.get(worker);
    const elapsed = this.#clock.elapsed();
    const unnamed = new Map<string, number>();
    for (const { seq, token } of rows) {
      const claim = `${seq}.${token}`;
      if (!named.has(claim)) unnamed.set(claim, before?.get(claim) ?? elapsed);
    }
    this.#unnamed.set(worker, unnamed);
    const forgotten = [...unnamed].filter(([, since]) => elapsed - since > lease).map(([claim]) => claim);
    const released = forgotten.map(
      (claim): Settlement => ({ ...parseToken(claim), was: 'running', state: 'queued', attempts: -1 }),
    );
    return (await settle(this.#store, released, now)).map(({ id }) => id);
  }
}
