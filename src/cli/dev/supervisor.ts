import { type ChildProcess, fork } from 'node:child_process';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type Server, type Socket } from 'node:net';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { outliveTerminal } from '../../base/process/hang-up.ts';
import { entryFile } from '../../base/process/own-files.ts';
import { shortPath } from '../../base/show/short-path.ts';
import { listenFailure } from '../terminal/listen-failure.ts';
import type { AppSettings, FailedApp, FromApp, ReadyApp, ToApp } from './messages.ts';
import { banner, note, problem } from './terminal.ts';
import { Watcher } from './watcher.ts';

/** What `cortado dev` serves, and where. */
export interface DevSettings extends AppSettings {
  readonly host: string;
  /** Further files to watch. */
  readonly watch: readonly string[];
}

// What blocks its loop hears no request to stop.
const patience = 4000;
// Milliseconds between looks whether the process that started this one is still there.
const glance = 500;

type State = 'starting' | 'serving' | 'failed' | 'stopping';

/**
 * Keeps an app running while its files change. It owns the port and hands the connections on, so none is refused: those that come during
 * a restart wait for it, and while the app cannot start they are told why.
 */
export class Supervisor {
  readonly #settings: DevSettings;
  readonly #server: Server = createServer({ pauseOnConnect: true }, (socket) => this.#take(socket));
  readonly #watcher: Watcher = new Watcher((path) => this.#restart(path));
  readonly #waiting: Socket[] = [];
  #port = 0;
  #child: ChildProcess | undefined;
  #state: State = 'starting';
  #failure: readonly string[] = [];
  #began = 0;
  #wasReady = false;
  #hasCrashed = false;
  #isEnding = false;
  #exit: (code: number) => void = () => {};

  constructor(settings: DevSettings) {
    this.#settings = settings;
    for (const path of [settings.file, ...settings.watch]) this.#watcher.add(path);
  }

  /** Serves until Ctrl-C; resolves to the exit code. */
  async run(): Promise<number> {
    const { promise, resolve } = Promise.withResolvers<number>();
    this.#exit = resolve;
    this.#port = await this.#listen();
    this.#spawn();
    outliveTerminal();
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => this.#stop());
    if (process.env['npm_command'] !== undefined) this.#followParent();
    // A terminal that is closed sends several.
    process.on('SIGHUP', () => this.#state !== 'stopping' && this.#stop());
    return promise;
  }

  // npm and npx hand no signal on, so whoever ends them, an editor for example, would leave the port taken.
  #followParent(): void {
    const parent = process.ppid;
    setInterval(() => process.ppid !== parent && this.#state !== 'stopping' && this.#stop(), glance).unref();
  }

  #listen(): Promise<number> {
    const { host, port } = this.#settings;
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    this.#server.once('error', (error) => reject(listenFailure(error, host, port)));
    this.#server.listen({ host, port }, () => resolve((this.#server.address() as { port: number }).port));
    return promise;
  }

  #spawn(): void {
    this.#state = 'starting';
    this.#began = performance.now();
    const { host: _host, watch: _watch, ...served } = this.#settings;
    const settings: AppSettings = { ...served, port: this.#port };
    const preload = pathToFileURL(entryFile('cli/dev/report-imports')).href;
    const child = fork(entryFile('cli/dev/app-process'), [JSON.stringify(settings)], {
      execArgv: [...process.execArgv, ...inspectorOf(settings), '--import', preload],
    });
    this.#child = child;
    child.on('message', (message: FromApp | null) => message !== null && this.#hear(message));
    child.on('exit', (code, signal) => this.#ended(child, signal ?? code));
  }

  #hear(message: FromApp): void {
    if (message.type === 'imported') this.#watcher.add(message.path, message.stamp);
    else if (this.#state === 'starting' && message.type === 'failed') this.#fail(message);
    else if (this.#state === 'starting' && message.type === 'ready') this.#serve(message);
  }

  #serve(app: ReadyApp): void {
    this.#state = 'serving';
    this.#watcher.wantsNewFiles = false;
    if (this.#wasReady) note(`ready in ${Math.round(performance.now() - this.#began)} ms`);
    else banner(app, this.#settings.host, this.#port);
    this.#wasReady = true;
    this.#release();
  }

  #fail({ lines, missing }: Pick<FailedApp, 'lines' | 'missing'>): void {
    this.#hasCrashed = this.#state === 'serving';
    this.#state = 'failed';
    this.#failure = lines;
    this.#watcher.wantsNewFiles = true;
    // What is mended without a change to a source: an install, a setting.
    for (const path of ['package.json', '.env', ...(missing === undefined ? [] : [missing])])
      this.#watcher.add(resolve(path));
    problem(lines);
    note('waiting for a change');
    this.#release();
  }

  #ended(child: ChildProcess, how: number | string | null): void {
    if (child !== this.#child || this.#state === 'stopping') return;
    this.#child = undefined;
    if (this.#state !== 'failed') this.#fail({ lines: [`cortado: the app's process ended by itself (${how})`] });
  }

  #restart(path: string): void {
    if (this.#state === 'stopping') return;
    note(`${shortPath(path)} changed`);
    const before = this.#child;
    this.#child = undefined;
    this.#state = 'starting';
    // The next one starts when this one has let go of files, locks and ports; what came between is in it.
    if (before !== undefined) this.#end(before, () => this.#spawn());
    else if (!this.#isEnding) this.#spawn();
  }

  #stop(): void {
    const child = this.#child;
    if (this.#state === 'stopping') {
      child?.kill('SIGKILL');
      this.#finish(130);
      return;
    }
    this.#state = 'stopping';
    if (child !== undefined) this.#end(child, () => this.#finish(0));
    else if (!this.#isEnding) this.#finish(0);
  }

  #end(child: ChildProcess, next: () => void): void {
    this.#isEnding = true;
    const timer = setTimeout(() => child.kill('SIGKILL'), patience);
    const ended = (): void => {
      clearTimeout(timer);
      this.#isEnding = false;
      if (this.#state === 'stopping') this.#finish(0);
      else next();
    };
    if (child.exitCode !== null || child.signalCode !== null) ended();
    else {
      child.once('exit', ended);
      if (child.connected) child.send({ type: 'stop' } satisfies ToApp, () => {});
    }
  }

  #release(): void {
    for (const socket of this.#waiting.splice(0)) this.#take(socket);
  }

  #finish(code: number): void {
    this.#watcher.close();
    this.#server.close();
    for (const socket of this.#waiting) socket.destroy();
    this.#exit(code);
  }

  #take(socket: Socket): void {
    if (this.#state === 'serving' && this.#child?.connected)
      this.#child.send({ type: 'connection' } satisfies ToApp, socket, () => {});
    else if (this.#state === 'failed') this.#excuse(socket);
    else this.#waiting.push(socket);
  }

  #excuse(socket: Socket): void {
    const excuses = createHttpServer((_request, response) => {
      response.writeHead(503, { 'content-type': 'text/plain; charset=utf-8', connection: 'close' });
      response.end(
        `${this.#hasCrashed ? 'The app has crashed' : 'The app does not start'}.\n\n${this.#failure.join('\n')}\n`,
      );
    });
    excuses.emit('connection', socket);
    socket.resume();
  }
}

function inspectorOf({ inspect, inspectBrk }: AppSettings): readonly string[] {
  const at = (flag: string, address: string | true | undefined): string[] =>
    address === undefined ? [] : [address === true ? flag : `${flag}=${address}`];
  return [...at('--inspect', inspect), ...at('--inspect-brk', inspectBrk)];
}
