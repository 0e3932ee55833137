import { decodeControl } from '../wire/control.ts';
import { encodeJson } from '../wire/encode-json.ts';
import { LamportClock, workerName } from '../wire/event.ts';
import type { CeleryLink } from './celery-link.ts';

// Milliseconds that Celery's own workers remember a revocation, and how many they do.
const remembered = 3 * 3_600_000;
const most = 10_000;

/**
 * Ids of tasks that were revoked, for a Python worker that starts and asks its neighbours (`hello`). Celery takes a plain list as revoked just
 * now; the form with times holds readings of another machine's monotonic clock.
 */
export async function revokedIds({ ledger, host }: Pick<CeleryLink, 'ledger' | 'host'>): Promise<readonly string[]> {
  return (await ledger.call('revoked', [host.clock.now() - remembered, most])) as string[];
}

/** Tells workers that start what this process has cancelled, where it only calls and has no worker that could. */
export class Greeter {
  readonly #link: CeleryLink;
  readonly #hasWorker: () => boolean;
  readonly #clock: LamportClock = new LamportClock();
  #isListening = false;

  constructor(link: CeleryLink, hasWorker: () => boolean) {
    this.#link = link;
    this.#hasWorker = hasWorker;
  }

  async listen(): Promise<void> {
    if (this.#isListening || this.#hasWorker()) return;
    this.#isListening = true;
    const name = workerName(`cortado-client-${process.pid}`);
    await this.#link.broker.onControl(name, async ({ body, headers }) => {
      this.#clock.adjust(headers['clock']);
      const { method, replyTo, ticket } = decodeControl(body, name) ?? {};
      if (method !== 'hello' || replyTo === undefined || ticket === undefined || this.#hasWorker()) return;
      const answer = { [name]: { revoked: await revokedIds(this.#link), clock: this.#clock.tick() } };
      const reply = { ...replyTo, ticket, body: encodeJson(answer), clock: this.#clock.value };
      await this.#link.broker.reply(reply).catch(() => {});
    });
  }
}
