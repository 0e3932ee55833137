import { createHash, randomBytes } from 'node:crypto';
import { checkOptions } from '../../base/check-options.ts';
import { isBetween, type Rules } from '../../base/check-values.ts';
import { invalidOption } from '../../base/error.ts';
import { isRecord } from '../../base/is-record.ts';
import type { Json } from '../../base/json/json.ts';
import { processSettings } from '../../base/process/process-settings.ts';
import type { Dependency } from '../../declare/dependency.ts';
import type { RequestContext } from '../../http/request/context.ts';
import { notAuthenticated, readingDependency } from '../schemes/scheme.ts';
import { memoryTickets } from './memory-tickets.ts';
import type { TicketStore } from './ticket-store.ts';

/** Options of {@link tickets}. */
export interface TicketsOptions {
  /** Milliseconds from its issue on in which a ticket can be used, an hour at most. Default 30,000. */
  readonly ttl?: number;
  /** Where tickets are kept: `sqlTickets(db)`, or a store of your own. Default: `memoryTickets()`, for an app that runs in one process. */
  readonly store?: TicketStore;
  /** Tells tickets of several kinds apart, so that none is worth anything in the place of another; its name in the documents. Default `Ticket`. */
  readonly name?: string;
}

/** What {@link tickets} returns. */
export interface Tickets<T> {
  /**
   * Issues a ticket.
   *
   * @param value What it stands for, a value of JSON; it is kept as it is now.
   * @returns the ticket: 43 characters that nobody can guess, and that may stand in an address as they are.
   * @throws CortadoError `CORTADO_OPTION_INVALID` for what is no JSON; what the store throws.
   */
  issue(value: T): Promise<string>;
  /** The value of the ticket that stands in the query as `?ticket=…`, which is worth nothing from then on. Else a 401. */
  readonly ticket: Dependency<Json<T>>;
}

const hour = 3_600_000;

const rules: Rules<TicketsOptions> = {
  ttl: { wanted: `milliseconds from 1 to ${hour}`, fits: (value) => isBetween(value, 1, hour) },
  store: {
    wanted: 'a store of tickets, sqlTickets(db) for example',
    fits: (value) => isRecord(value) && typeof value['put'] === 'function' && typeof value['take'] === 'function',
  },
  name: {
    wanted: 'letters, digits, ".", "_" and "-"',
    fits: (value) => typeof value === 'string' && /^[\w.-]+$/.test(value),
  },
};

/**
 * Tickets for one use: a page that is logged in asks a route for one, and opens a web socket, or an event stream, with it in the address, where
 * browsers let it send no header. It does not matter who reads the address later, in a log of a proxy for example. Only the SHA-256 of a ticket is
 * kept.
 *
 * Without a ticket, and with one that is unknown, used or expired, it answers 401, `WWW-Authenticate: Ticket` and
 * `{"detail":"Not authenticated"}`.
 *
 * @throws CortadoError `CORTADO_OPTION_UNKNOWN` or `CORTADO_OPTION_INVALID` at declaration, also where the app runs in several processes and each
 * would know its own tickets only.
 * @example
 * ```ts
 * const entry = tickets<{ user: number }>({ store: sqlTickets(db) });
 * app.post('/tickets', { params: { user: currentUser } }, async ({ user }) => ({ ticket: await entry.issue({ user: user.id }) }));
 * app.socket('/rooms/{room}', { params: { room: z.string(), entry: entry.ticket } }, serve);
 * ```
 */
export function tickets<T = unknown>(options: TicketsOptions = {}): Tickets<T> {
  checkOptions('tickets()', options, rules);
  const { ttl = 30_000, name = 'Ticket' } = options;
  if (options.store === undefined && processSettings().hasRelay)
    throw invalidOption(
      'tickets(): the app runs in several processes, each of which would know its own tickets only. Give it a store: sqlTickets(db).',
    );
  const store = options.store ?? memoryTickets();
  const hashOf = (ticket: string): string => createHash('sha256').update(`${name}\n${ticket}`).digest('base64url');
  const redeem = async (ticket: string): Promise<unknown> => {
    const value = isTicket(ticket) ? await store.take(hashOf(ticket)) : undefined;
    if (value === undefined) throw notAuthenticated(challenge);
    return JSON.parse(value);
  };
  const reader = {
    challenge,
    optional: false,
    read: ticketOf,
    decide: (ticket: unknown) => redeem(ticket as string),
  };
  const description = 'A ticket for one use, which a route of the app issues.';
  const scheme = { type: 'apiKey', in: 'query', name: 'ticket', description } as const;
  return {
    async issue(value) {
      const text = jsonOf(value);
      const ticket = randomBytes(32).toString('base64url');
      await store.put(hashOf(ticket), text, Date.now() + ttl);
      return ticket;
    },
    ticket: readingDependency(reader, { name, scheme, optional: false }, name, options.name !== undefined),
  };
}

const challenge = 'Ticket';

const isTicket = (text: string): boolean => /^[\w-]{43}$/.test(text);

// As for any parameter, the last of several counts.
function ticketOf({ request }: RequestContext): string | undefined {
  const { ticket } = request.query as { readonly ticket?: unknown };
  const last: unknown = Array.isArray(ticket) ? ticket.at(-1) : ticket;
  return typeof last === 'string' && last !== '' ? last : undefined;
}

function jsonOf(value: unknown): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch (error) {
    throw invalidOption(`tickets(): the value of a ticket must be JSON: ${(error as Error).message}`);
  }
  if (text === undefined) throw invalidOption('tickets(): the value of a ticket must be JSON, null for example.');
  return text;
}
