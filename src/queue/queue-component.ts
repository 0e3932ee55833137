import { checkOptions } from '../base/check-options.ts';
import { dependencies, either, flag, object, type Rules, string, texts } from '../base/check-values.ts';
import { CortadoError, invalidOption } from '../base/error.ts';
import type { ProcessSettings } from '../base/process/process-settings.ts';
import type { Dependency } from '../declare/dependency.ts';
import type { RouteDefinition } from '../declare/route/route.ts';
import type { ComponentParts, Gauge, Observe } from '../inject/component.ts';
import type { Gate } from './contract/gate.ts';
import type { LazyGate } from './contract/lazy-gate.ts';
import { taskStates } from './contract/task-record.ts';
import { taskChannels } from './declare/task-channels.ts';
import type { TaskRegistry } from './declare/task-registry.ts';
import { checkWorkerOptions, type WorkerOptions } from './declare/worker-options.ts';
import { queueRoutes } from './routes/queue-routes.ts';
import type { WorkerActivity } from './run/worker.ts';

/** Options of `app.use(queue, …)`. */
export interface QueueComponentOptions {
  /** Where the routes of tasks are, `/tasks` for example. Default: there are none. */
  readonly prefix?: string;
  /** Run before each of these routes: whoever may see one task may see, cancel and retry all. */
  readonly guards?: readonly Dependency<unknown, string>[];
  /**
   * `true`: that no guard stands before these routes is meant, as a proxy or a hook of Fastify lets in who may see them, or anybody may; the
   * start does not warn of it. Default `false`.
   */
  readonly open?: boolean;
  /** Names of fields that the routes do not show, wherever they are in inputs and results. */
  readonly redact?: readonly string[];
  /** Tags of the routes in the documentation. Default `tasks`. */
  readonly tags?: readonly string[];
  /**
   * The worker in this process, or `false` for none. Default: one where tasks are kept in the app's own database or in memory; the variable
   * `CORTADO_WORKER` (`on`, `off`) has the last word.
   */
  readonly worker?: WorkerOptions | boolean;
  /** `false` keeps its tasks, and their inputs, out of the AsyncAPI document. Default `true`. */
  readonly documented?: boolean;
}

/** What the component asks of its queue. */
export interface QueueLife {
  readonly self: object;
  readonly registry: TaskRegistry;
  readonly settings: ProcessSettings;
  readonly start: (worker: WorkerOptions | undefined) => Promise<void>;
  readonly stop: (signal: AbortSignal) => Promise<void>;
  readonly activity: () => WorkerActivity;
  readonly observe: (listener: Observe) => void;
}

const rules: Rules<QueueComponentOptions> = {
  prefix: string,
  guards: dependencies,
  open: flag,
  redact: texts,
  tags: texts,
  worker: either(flag, object),
  documented: flag,
};

const unguarded =
  'whoever reaches them reads inputs and results, cancels and retries. Give app.use(queue) guards: [dependency(…)], or open: true where that is meant';

let queues = 0;

/** What a queue adds to an app. */
export function queueParts(gate: LazyGate, options: QueueComponentOptions, life: QueueLife): ComponentParts {
  checkOptions('app.use(queue)', options, rules);
  if (typeof options.worker === 'object') checkWorkerOptions(options.worker);
  const { prefix, guards = [], open = false, redact = [], tags = ['tasks'], worker } = options;
  let routes: RouteDefinition[] = [];
  if (prefix !== undefined) {
    if (!/^(\/[^/]+)+$/.test(prefix))
      throw new CortadoError(
        'CORTADO_PATH_INVALID',
        `app.use(queue): prefix "${prefix}" must start with "/" and must not end with "/".`,
      );
    routes = queueRoutes(gate, new Set(redact)).map((route) => ({
      ...route,
      path: `${prefix}${route.path}`,
      settings: { ...route.settings, guards, tags },
    }));
  } else if (['guards', 'open', 'redact', 'tags'].some((name) => options[name as keyof typeof options] !== undefined))
    throw invalidOption('app.use(queue): guards, open, redact and tags are for its routes; give it a prefix.');
  if (open && guards.length > 0)
    throw invalidOption('app.use(queue): open is for routes without guards; leave it out.');
  let isOpen = false;
  return {
    name: `queue${++queues === 1 ? '' : ` ${queues}`}`,
    self: life.self,
    start: async () => {
      await life.start(wantedWorker(worker, await gate.open(), life.settings));
      isOpen = true;
    },
    stop: async (signal) => {
      isOpen = false;
      await life.stop(signal);
    },
    routes,
    ...(options.documented !== false && { channels: () => taskChannels(life.registry) }),
    ...(!open && { unguarded }),
    notReady: () => (isOpen ? gate.opened?.away : 'the queue is not open'),
    check: async () => {
      if (isOpen) await gate.opened?.check();
    },
    gauges: () => gaugesOf(life.activity()),
    measure: async () => (isOpen && gate.opened?.capabilities.counts ? countsOf(gate.opened) : []),
    observe: life.observe,
  };
}

// The process has the last word, so that one image can be started as either.
function wantedWorker(
  worker: WorkerOptions | boolean | undefined,
  gate: Gate,
  { worker: isWanted, workerQueues: queues, workerConcurrency: concurrency }: ProcessSettings,
): WorkerOptions | undefined {
  if (!(isWanted ?? (worker ?? gate.capabilities.embedded) !== false)) return undefined;
  return {
    ...(typeof worker === 'object' ? worker : {}),
    ...(queues && { queues }),
    ...(concurrency !== undefined && { concurrency }),
  };
}

const countHelp = 'Tasks that are kept, by queue and state.';

// Also states without tasks: what was 5 and is gone must be seen as 0.
async function countsOf(gate: Gate): Promise<Gauge[]> {
  const counts = await gate.ask('counts');
  const across = gate.capabilities.shared ? 'max' : 'sum';
  return Object.entries(counts).flatMap(([queue, states]) =>
    taskStates.map((state): Gauge => {
      const labels = { queue, state };
      return { name: 'cortado_tasks', help: countHelp, value: states[state] ?? 0, labels, across };
    }),
  );
}

function gaugesOf({ running, concurrency, succeeded, failed, retried }: WorkerActivity): Gauge[] {
  const figures: readonly (readonly [name: string, help: string, value: number])[] = [
    ['running', 'Tasks that run in this process.', running],
    ['concurrency', 'Tasks that can run at once in this process.', concurrency],
    ['succeeded_total', 'Tasks that succeeded in this process since its start.', succeeded],
    ['failed_total', 'Tasks that failed for good in this process since its start.', failed],
    ['retried_total', 'Runs in this process that failed and are tried again.', retried],
  ];
  return figures.map(([name, help, value]) => ({ name: `cortado_tasks_${name}`, help, value }));
}
