import type { FastifyInstance, FastifyPluginCallback, FastifyPluginOptions } from 'fastify';
import { Arrivals } from '../stop/arrivals.ts';
import { closeGently } from '../stop/close-gently.ts';
import { Connections } from '../stop/connections.ts';
import type { CloseOptions } from '../stop/stop.ts';

// Milliseconds: a request that was sent over a kept connection before its client could know is here by then, from the same machine or rack.
const defaultLinger = 50;

/** The Fastify instance of an app. A closed one cannot open again, so each start of the app after a stop gets a new one. */
export class ServerHolder {
  readonly #make: () => FastifyInstance;
  readonly #plugins: (readonly [FastifyPluginCallback, FastifyPluginOptions])[] = [];
  #current: FastifyInstance | undefined;
  #drain = 0;
  #linger = defaultLinger;
  #overdue: AbortSignal | undefined;
  #connections: Connections | undefined;

  constructor(make: () => FastifyInstance) {
    this.#make = make;
  }

  get current(): FastifyInstance {
    if (this.#current === undefined) {
      this.#current = this.#make();
      const { server } = this.#current;
      const arrivals = new Arrivals(server);
      const connections = new Connections(server);
      this.#connections = connections;
      this.#current.addHook('preClose', () =>
        closeGently(connections, { arrivals, drain: this.#drain, linger: this.#linger, overdue: this.#overdue }),
      );
      for (const [plugin, options] of this.#plugins) void this.#current.register(plugin, options);
    }
    return this.#current;
  }

  /** Registers a plugin, with this instance and with every one after it. */
  register(plugin: FastifyPluginCallback, options: FastifyPluginOptions): void {
    const safe = failingLate(plugin);
    void this.current.register(safe, options);
    this.#plugins.push([safe, options]);
  }

  /**
   * Closes the instance once all requests have been answered, and lets go of it. It lets connections in for `drain` milliseconds more, and keeps
   * those without a request for `linger`;
   * from the first moment on each answer closes its connection.
   */
  async close({ drain = 0, linger = defaultLinger }: CloseOptions = {}, overdue?: AbortSignal): Promise<void> {
    const server = this.#current;
    this.#drain = drain;
    this.#linger = linger;
    this.#overdue = overdue;
    await server?.close();
    if (this.#current === server) this.#current = undefined;
  }

  /** Ends all connections at once. */
  hangUp(): void {
    this.#connections?.hangUp();
  }
}

// Fastify lets what a plugin throws end the process; as a rejection it fails the start, which can be told in one line.
function failingLate(plugin: FastifyPluginCallback): FastifyPluginCallback {
  const safe: FastifyPluginCallback =
    plugin.length < 3
      ? ((async (server: FastifyInstance, options: FastifyPluginOptions) =>
          (plugin as (...args: unknown[]) => unknown)(server, options)) as unknown as FastifyPluginCallback)
      : (server, options, done) => {
          try {
            return plugin(server, options, done);
          } catch (error) {
            done(error as Error);
          }
        };
  // By them Fastify knows a plugin's name, and whether it is encapsulated.
  for (const key of Object.getOwnPropertySymbols(plugin))
    Object.defineProperty(safe, key, Object.getOwnPropertyDescriptor(plugin, key)!);
  return Object.defineProperty(safe, 'name', { value: plugin.name });
}
