import { shown } from '../../../base/check-values.ts';
import { CortadoError, invalidOption } from '../../../base/error.ts';
import { overloaded } from '../../../base/overloaded.ts';
import type { Refusals } from '../../errors/refusals.ts';
import type { RequestContext } from '../../request/context.ts';
import { HttpError } from '../../request/http-error.ts';
import type { PreparedSocket } from '../connection/prepared-socket.ts';

/** A client among those that are connected. */
export interface ConnectedClient {
  readonly leave: () => void;
}

/** How many connections a socket and each of its clients have in this process. */
export class Clients {
  readonly #counts = new Map<string, number>();
  readonly #refusals: Refusals;

  constructor(refusals: Refusals) {
    this.#refusals = refusals;
  }

  /** @throws CortadoError 503 where a socket has as many connections as it may have. */
  checkAll({ route, account, limits: { maxConnections } }: PreparedSocket): void {
    if (account.open < maxConnections) return;
    this.#refusals.note({ cause: 'sockets', reason: `${maxConnections} sockets are open, the limit` }, route.name);
    throw new CortadoError('CORTADO_OVERLOADED', overloaded.detail, { ...overloaded, headers: { 'retry-after': '1' } });
  }

  /**
   * Counts one more connection, and whose it is.
   *
   * @throws CortadoError 503 where other handshakes have taken the last places meanwhile; HttpError 429 where the client has as many as it may have.
   */
  enter(socket: PreparedSocket, values: readonly unknown[], context: RequestContext): ConnectedClient {
    this.checkAll(socket);
    const { account } = socket;
    const key = this.#keyOf(socket, values, context);
    if (key !== undefined) this.#count(key, socket.limits.maxPerClient);
    account.open++;
    let isIn = true;
    return {
      leave: () => {
        if (!isIn) return;
        isIn = false;
        account.open--;
        if (key !== undefined) this.#leave(key);
      },
    };
  }

  #keyOf({ route, limits }: PreparedSocket, values: readonly unknown[], context: RequestContext): string | undefined {
    if (limits.maxPerClient === Number.POSITIVE_INFINITY) return undefined;
    const { client } = route.definition.socket.settings;
    const name = client === undefined ? context.ip : values[route.plan.slotOf.get(client)!];
    if (typeof name !== 'string')
      throw invalidOption(`${route.name}: client must give a text that names the client, not ${shown(name)}.`);
    return `${route.name} ${name}`;
  }

  #count(key: string, most: number): void {
    const count = (this.#counts.get(key) ?? 0) + 1;
    if (count > most) throw new HttpError(429, 'Too many connections');
    this.#counts.set(key, count);
  }

  #leave(key: string): void {
    const left = this.#counts.get(key)! - 1;
    if (left === 0) this.#counts.delete(key);
    else this.#counts.set(key, left);
  }
}
