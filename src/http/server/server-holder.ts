import type { FastifyInstance, FastifyPluginCallback, FastifyPluginOptions, onRequestAsyncHookHandler } from 'fastify';
import { Arrivals } from '../stop/arrivals.ts';
import { closeGently, type GentleClose } from '../stop/close-gently.ts';
import { Connections } from '../stop/connections.ts';
import type { CloseOptions } from '../stop/stop.ts';
import type { MadeServer } from './server.ts';

// Milliseconds: a request that was sent over a kept connection before its client could know is here by then, from the same machine or rack.
const defaultLinger = 50;

/** The Fastify instance of an app. A closed one cannot open again, so each start of the app after a stop gets a new one. */
export class ServerHolder {
  readonly #make: () => MadeServer;
  readonly #plugins: (readonly [FastifyPluginCallback, FastifyPluginOptions])[] = [];
  #made: MadeServer | undefined;
  // How it is to be closed.
  #how: Omit<GentleClose, 'arrivals'> = { drain: 0, linger: defaultLinger, overdue: undefined };
  #connections: Connections | undefined;

  constructor(make: () => MadeServer) {
    this.#make = make;
  }

  get current(): FastifyInstance {
    return this.made.fastify;
  }

  /** The same with what of it is gone past. */
  get made(): MadeServer {
    if (this.#made === undefined) {
      this.#made = this.#make();
      const { fastify } = this.#made;
      const arrivals = new Arrivals(fastify.server);
      const connections = (this.#connections = new Connections(fastify.server));
      fastify.addHook('preClose', () => closeGently(connections, { arrivals, ...this.#how }));
      for (const [plugin, options] of this.#plugins) void fastify.register(plugin, options);
    }
    return this.#made;
  }

  /** Registers a plugin in a scope of its own, whose routes stand behind a hook. */
  registerBehind(hook: onRequestAsyncHookHandler, plugin: FastifyPluginCallback, options: FastifyPluginOptions): void {
    const safe = failingLate(plugin);
    const behind = async (scope: FastifyInstance): Promise<void> => {
      const { foreign, hooks } = this.made;
      foreign.guard(scope, hook, hooks);
      await scope.register(safe, options);
    };
    this.register(behind as unknown as FastifyPluginCallback, {});
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
    const made = this.#made;
    this.#how = { drain, linger, overdue };
    await made?.fastify.close();
    if (this.#made === made) this.#made = undefined;
  }

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
