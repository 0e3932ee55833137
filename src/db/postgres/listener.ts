import type { Client } from 'pg';
import { tellAll } from '../../base/process/tell-all.ts';
import { quotedName } from '../engine/savepoint-commands.ts';
import { loadDriver } from './load-driver.ts';

/** Called with what was sent, or with `undefined` when something may have been missed: listening has begun, or begun again. */
export type OnNotification = (payload: string | undefined) => void;

// Milliseconds between attempts to connect again.
const pause = 1_000;

/** Listens to channels of PostgreSQL on one connection, which is made when there is something to hear and made again when it breaks. */
export class Listener {
  readonly #url: string;
  readonly #channels = new Map<string, Set<OnNotification>>();
  #client: Promise<Client> | undefined;
  #retry: NodeJS.Timeout | undefined;
  #sent: Promise<unknown> = Promise.resolve();

  constructor(url: string) {
    this.#url = url;
  }

  add(channel: string, listener: OnNotification): Disposable {
    let listeners = this.#channels.get(channel);
    if (listeners === undefined) this.#channels.set(channel, (listeners = new Set()));
    // The same function may listen twice.
    const entry: OnNotification = (payload) => listener(payload);
    listeners.add(entry);
    if (this.#client === undefined) this.#connect();
    else void this.#begin(channel, entry);
    return { [Symbol.dispose]: () => this.#remove(channel, entry) };
  }

  async close(): Promise<void> {
    clearTimeout(this.#retry);
    this.#channels.clear();
    const client = this.#client;
    this.#client = undefined;
    await (await client?.catch(() => undefined))?.end().catch(() => {});
  }

  #connect(): void {
    this.#client = this.#open();
    this.#client
      .then(async (client) => {
        for (const [channel, listeners] of this.#channels) {
          await this.#send(client, `listen ${quotedName(channel)}`);
          tellAll(listeners, undefined);
        }
      })
      .catch(() => this.#lose());
  }

  async #open(): Promise<Client> {
    const { default: pg } = await loadDriver();
    const client = new pg.Client({ connectionString: this.#url, keepAlive: true });
    client.on('error', () => this.#lose());
    client.on('end', () => this.#lose());
    client.on('notification', ({ channel, payload }) => {
      tellAll(this.#channels.get(channel) ?? [], payload ?? '');
    });
    await client.connect();
    (client as unknown as { unref(): void }).unref();
    return client;
  }

  async #begin(channel: string, listener: OnNotification): Promise<void> {
    try {
      const client = await this.#client;
      if (client !== undefined) await this.#send(client, `listen ${quotedName(channel)}`);
      tellAll([listener], undefined);
    } catch {
      this.#lose();
    }
  }

  // One after another: a client takes no second command while it has one.
  #send(client: Client, command: string): Promise<unknown> {
    this.#sent = this.#sent.catch(() => {}).then(() => client.query(command));
    return this.#sent;
  }

  #lose(): void {
    if (this.#client === undefined) return;
    const client = this.#client;
    this.#client = undefined;
    void client.then((lost) => lost.end()).catch(() => {});
    if (this.#channels.size === 0) return;
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.#channels.size > 0 && this.#client === undefined && this.#connect(), pause);
    this.#retry.unref();
  }

  #remove(channel: string, listener: OnNotification): void {
    const listeners = this.#channels.get(channel);
    listeners?.delete(listener);
    if (listeners?.size !== 0) return;
    this.#channels.delete(channel);
    void this.#client?.then((client) => this.#send(client, `unlisten ${quotedName(channel)}`)).catch(() => {});
  }
}
