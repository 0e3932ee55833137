import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { cores, onCore } from '../harness/cores.ts';

/** What a protocol above the frames of RFC 6455 wants. */
export interface Greeting {
  /** What has to be said first. */
  readonly text: string;
  /** How the answer begins. */
  readonly answer: string;
  /** What it asks, and wants to hear, to know that the client is there. */
  readonly beat: { readonly ping: string; readonly pong: string };
}

/** What the process of clients is asked to do. */
export type Ask =
  | {
      readonly do: 'open';
      readonly url: string;
      readonly count: number;
      /** A GET of an event stream, and no socket. */
      readonly isStream?: boolean;
      readonly greeting?: Greeting;
    }
  | { readonly do: 'echo'; readonly message: string; readonly seconds: number; readonly warmUp: number }
  | { readonly do: 'listen'; readonly marker: string }
  | { readonly do: 'heard' };

/** What some seconds of messages found; latencies in milliseconds. */
export interface Echoed {
  readonly messages: number;
  readonly elapsed: number;
  /** With those of the warm-up, and those that were under way at the end. */
  readonly all: number;
  readonly p50: number;
  readonly p99: number;
  /** Share of its core that the process of clients used. */
  readonly clientShare: number;
}

/** When the last client had heard an event: nanoseconds of the machine's monotonic clock, as text. */
export interface Heard {
  readonly at: string;
  /** Processor time of the clients since they began to listen. */
  readonly clientMs: number;
}

interface Answer {
  readonly value?: unknown;
  readonly error?: string;
}

/** A process of clients on the load's core. */
export class LoadClients implements AsyncDisposable {
  readonly #child: ChildProcess;
  #asked: ((answer: Answer) => void) | undefined;

  constructor() {
    const command = { program: process.execPath, args: [join(import.meta.dirname, 'client.ts')] };
    const { program, args } = onCore(cores.load, command);
    this.#child = spawn(program, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.#child.on('message', (answer: Answer) => this.#asked?.(answer));
    this.#child.on('exit', () => this.#asked?.({ error: 'the clients ended early' }));
  }

  /** Opens so many connections more. */
  async open(ask: Omit<Extract<Ask, { do: 'open' }>, 'do'>): Promise<void> {
    await this.#ask({ do: 'open', ...ask });
  }

  /** Sends a message on each connection, waits for its echo, sends the next. */
  async echo(message: string, seconds: number, warmUp: number): Promise<Echoed> {
    return (await this.#ask({ do: 'echo', message, seconds, warmUp })) as Echoed;
  }

  /** From here on each client waits for the text. */
  async listen(marker: string): Promise<void> {
    await this.#ask({ do: 'listen', marker });
  }

  /** Resolves when the last client has heard it. */
  async heard(): Promise<Heard> {
    return (await this.#ask({ do: 'heard' })) as Heard;
  }

  // One question at a time.
  async #ask(ask: Ask): Promise<unknown> {
    const { promise, resolve } = Promise.withResolvers<Answer>();
    this.#asked = resolve;
    this.#child.send(ask, (error) => {
      if (error !== null) resolve({ error: error.message });
    });
    const { value, error } = await promise;
    if (error !== undefined) throw new Error(error);
    return value;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#asked = undefined;
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill('SIGKILL');
    await once(this.#child, 'exit');
  }
}
