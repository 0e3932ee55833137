import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { type Command, cores, onCore } from './cores.ts';
import { freePort } from './free-port.ts';
import { cpuSeconds, residentBytes } from './proc.ts';

/** How to start a server. */
export interface ServerOptions extends Command {
  /** Name in messages. */
  readonly name: string;
  /** Further environment variables. The port to listen on is in `PORT`. */
  readonly env?: Readonly<Record<string, string>>;
  /** Path that answers (anything) once the server is up. Default `/`. */
  readonly probe?: string;
  /** Core that it is kept to, or `all`. Default: the servers' core. */
  readonly core?: number | 'all';
}

const longestStart = 15_000;

/** A server in a process of its own, kept to one core; dispose of it to end it. */
export class ServerProcess implements AsyncDisposable {
  readonly url: string;
  readonly pid: number;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, url: string) {
    this.#child = child;
    this.url = url;
    this.pid = child.pid!;
  }

  /** Starts a server and waits until it answers. */
  static async start(options: ServerOptions): Promise<ServerProcess> {
    const port = String(await freePort());
    const command = { program: options.program, args: options.args.map((arg) => arg.replace('$PORT', port)) };
    const { core = cores.server } = options;
    const { program, args } = core === 'all' ? command : onCore(core, command);
    const child = spawn(program, args, {
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, NODE_ENV: 'production', PORT: port, ...options.env },
    });
    const server = new ServerProcess(child, `http://127.0.0.1:${port}`);
    await server.#untilUp(options);
    return server;
  }

  /** Processor seconds that it has used so far, or `undefined` where the system does not tell. */
  cpuSeconds(): number | undefined {
    return cpuSeconds(this.pid);
  }

  /** Memory that it holds, in bytes, or `undefined` where the system does not tell. */
  residentBytes(): number | undefined {
    return residentBytes(this.pid);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill('SIGKILL');
    await once(this.#child, 'exit');
  }

  async #untilUp({ name, probe = '/' }: ServerOptions): Promise<void> {
    for (const end = Date.now() + longestStart; Date.now() < end; await pause(25)) {
      if (this.#child.exitCode !== null) throw new Error(`${name} ended with code ${this.#child.exitCode}`);
      const response = await fetch(this.url + probe, { signal: AbortSignal.timeout(2000) }).catch(() => undefined);
      if (response === undefined) continue;
      await response.arrayBuffer();
      return;
    }
    await this[Symbol.asyncDispose]();
    throw new Error(`${name} did not answer within ${longestStart} ms`);
  }
}
