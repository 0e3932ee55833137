import { CortadoError } from '../error.ts';

/** How this process wants its apps to run. An app reads it once, as it is made, and hands it to its components. */
export interface ProcessSettings {
  /** `CORTADO_LOG`: how lines of the log look, or that there are none. */
  readonly log: 'json' | 'pretty' | 'silent';
  /** `LOG_LEVEL`. */
  readonly logLevel: string;
  /** `CORTADO_ACCESS_LOG`: one line per answered request. */
  readonly accessLog: boolean;
  /** `CORTADO_TASK_LOG`: one line per run of a task. */
  readonly taskLog: boolean;
  /** `CORTADO_WATCHDOG`: a thread names what blocks the loop. */
  readonly watchdog: boolean;
  /** `CORTADO_FAST_PATHS`: what leans on private parts of Node and Fastify is used. */
  readonly fastPaths: boolean;
  /** `CORTADO_ROOT_PATH`: the path below which a proxy serves its apps. */
  readonly rootPath: string | undefined;
  /** `FORWARDED_ALLOW_IPS`, as uvicorn has it: the proxies whose forwarded headers are believed, `*` for all. */
  readonly forwardedAllowIps: string | undefined;
  /** `CORTADO_WORKER`: whether tasks run here; `undefined` leaves that to the app. */
  readonly worker: boolean | undefined;
  /** `CORTADO_WORKER_QUEUES`: the queues that its worker serves. */
  readonly workerQueues: readonly string[] | undefined;
  /** `CORTADO_WORKER_CONCURRENCY`: how many tasks its worker runs at once. */
  readonly workerConcurrency: number | undefined;
  /** `NODE_ENV`; `test` under any runner of tests. */
  readonly mode: string | undefined;
  /** Whether the process that started this one gathers the metrics of several. */
  readonly hasRelay: boolean;
}

/** What a command wants of the apps that its process makes. */
export interface CommandSettings {
  /** Holds where the environment says nothing. */
  readonly usual: Partial<ProcessSettings>;
  /** Holds whatever the environment says. */
  readonly decided?: Partial<ProcessSettings>;
}

const defaults: ProcessSettings = {
  log: 'json',
  logLevel: 'info',
  accessLog: false,
  taskLog: false,
  watchdog: false,
  fastPaths: true,
  rootPath: undefined,
  forwardedAllowIps: undefined,
  worker: undefined,
  workerQueues: undefined,
  workerConcurrency: undefined,
  mode: undefined,
  hasRelay: false,
};

// On the process and not in a variable: the app's file may have loaded another copy of Cortado.
const commandKey = Symbol.for('cortado.command');
const shared = globalThis as { [commandKey]?: CommandSettings | undefined };

/** Tells the apps that are made from now on that the `cortado` command runs in this process, and what it wants. */
export function runAsCommand(settings: CommandSettings | undefined): void {
  shared[commandKey] = settings;
}

/** Whether the `cortado` command runs in this process: it serves the app, and stops it. */
export function isCommand(): boolean {
  return shared[commandKey] !== undefined;
}

/**
 * Reads the settings of this process. Before the app's own file is loaded that would be too early: it may read a `.env`.
 *
 * @throws CortadoError `CORTADO_OPTION_INVALID`.
 */
export function processSettings(
  { usual, decided }: CommandSettings = shared[commandKey] ?? { usual: {} },
): ProcessSettings {
  return { ...defaults, ...usual, ...fromEnvironment(process.env), ...decided };
}

/** Names of queues, with commas between. */
export function queueNames(text: string): readonly string[] {
  return text.split(',').map((name) => name.trim());
}

function fromEnvironment(environment: Readonly<Record<string, string | undefined>>): Partial<ProcessSettings> {
  const isOn = (name: string): boolean | undefined =>
    environment[name] === undefined ? undefined : environment[name] === '1';
  const { CORTADO_WORKER_QUEUES: queues, CORTADO_WORKER_CONCURRENCY: concurrency } = environment;
  const { NODE_ENV, NODE_TEST_CONTEXT, VITEST, JEST_WORKER_ID } = environment;
  const said = {
    log: environment['CORTADO_LOG'],
    logLevel: environment['LOG_LEVEL'],
    accessLog: isOn('CORTADO_ACCESS_LOG'),
    taskLog: isOn('CORTADO_TASK_LOG'),
    watchdog: isOn('CORTADO_WATCHDOG'),
    fastPaths: environment['CORTADO_FAST_PATHS'] === '0' ? false : undefined,
    rootPath: environment['CORTADO_ROOT_PATH'],
    forwardedAllowIps: environment['FORWARDED_ALLOW_IPS'],
    worker: workerOf(environment['CORTADO_WORKER']),
    workerQueues: queues ? queueNames(queues) : undefined,
    workerConcurrency: concurrency ? Number(concurrency) : undefined,
    mode: (NODE_TEST_CONTEXT ?? VITEST ?? JEST_WORKER_ID) ? 'test' : NODE_ENV,
  };
  return Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined));
}

function workerOf(said = ''): boolean | undefined {
  if (!['', 'on', 'off'].includes(said))
    throw new CortadoError('CORTADO_OPTION_INVALID', `CORTADO_WORKER must be on or off, not ${JSON.stringify(said)}.`);
  return said === '' ? undefined : said === 'on';
}
