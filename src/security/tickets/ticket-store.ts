/**
 * Where tickets are kept from their issue to their use. A store sees the hash of a ticket, never the ticket.
 *
 * @example
 * ```ts
 * const store: TicketStore = {
 *   put: async (hash, value, expiresAt) => void (await redis.set(`ticket:${hash}`, value, 'PXAT', expiresAt)),
 *   take: async (hash) => (await redis.getdel(`ticket:${hash}`)) ?? undefined,
 * };
 * ```
 */
export interface TicketStore {
  /**
   * Keeps a ticket.
   *
   * @param hash Of the ticket, 43 characters of base64url.
   * @param value What it stands for, as JSON.
   * @param expiresAt Milliseconds since the epoch from which on it is worth nothing.
   */
  put(hash: string, value: string, expiresAt: number): Promise<void>;
  /** Takes a ticket out and gives its value, to one of all that ask at once; `undefined` where there is none, or it has expired. */
  take(hash: string): Promise<string | undefined>;
}
