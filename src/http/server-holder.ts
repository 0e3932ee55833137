import type { FastifyInstance, FastifyPluginCallback, FastifyPluginOptions } from 'fastify';

/** The Fastify instance of an app. A closed one cannot open again, so each start of the app after a stop gets a new one. */
export class ServerHolder {
  readonly #make: () => FastifyInstance;
  readonly #plugins: (readonly [FastifyPluginCallback, FastifyPluginOptions])[] = [];
  #current: FastifyInstance | undefined;

  constructor(make: () => FastifyInstance) {
    this.#make = make;
  }

  get current(): FastifyInstance {
    if (this.#current === undefined) {
      this.#current = this.#make();
      for (const [plugin, options] of this.#plugins) void this.#current.register(plugin, options);
    }
    return this.#current;
  }

  /** Registers a plugin, with this instance and with every one after it. */
  register(plugin: FastifyPluginCallback, options: FastifyPluginOptions): void {
    void this.current.register(plugin, options);
    this.#plugins.push([plugin, options]);
  }

  /** Closes the instance once all requests have been answered, and lets go of it. */
  async close(): Promise<void> {
    const server = this.#current;
    await server?.close();
    if (this.#current === server) this.#current = undefined;
  }
}
