import { loadavg } from 'node:os';
import type { Claim, ClaimRef } from '../../../contract/engine.ts';
import type { LedgerEnd } from '../../ledger/ledger-arguments.ts';
import type { ControlCall } from '../brokers/broker.ts';
import { type ControlMessage, decodeControl, ledgerArgument } from '../wire/control.ts';
import { encodeJson } from '../wire/encode-json.ts';
import { LamportClock, software, type WireEvent, workerName } from '../wire/event.ts';
import { pythonRepr } from '../wire/python-repr.ts';
import type { TaskMessage } from '../wire/task-message.ts';
import { encodeTime } from '../wire/time.ts';
import type { CeleryLink } from './celery-link.ts';
import { revokedIds } from './greeter.ts';

/** A run, as `celery inspect active` shows it. */
export interface ShownRun {
  readonly claim: ClaimRef;
  readonly name: string;
  readonly startedAt: number;
  readonly message: TaskMessage | undefined;
}

const otherNames: ReadonlyMap<string, string> = new Map([
  ['dump_tasks', 'registered'],
  ['dump_active', 'active'],
  ['dump_reserved', 'reserved'],
  ['dump_schedule', 'scheduled'],
  ['dump_revoked', 'revoked'],
]);

// As Celery's own worker.
const heartbeatEvery = 2000;
const flushEvery = 100;

/** What others see of this worker: events for Flower, and answers to `celery inspect` and `celery control`. */
export class Presence {
  readonly name: string;
  readonly clock: LamportClock = new LamportClock();
  readonly #link: CeleryLink;
  readonly #queues: readonly string[];
  readonly #runs: () => readonly ShownRun[];
  readonly #startedAt = Date.now();
  readonly #totals = new Map<string, number>();
  readonly #revoked = new Set<string>();
  #events: WireEvent[] = [];
  #tellsTasks: boolean;
  #processed = 0;
  #heart: NodeJS.Timeout | undefined;
  #flush: NodeJS.Timeout | undefined;

  /** @param queues Names at the broker. */
  constructor(link: CeleryLink, queues: readonly string[], runs: () => readonly ShownRun[]) {
    this.#link = link;
    this.#queues = queues;
    this.#runs = runs;
    this.#tellsTasks = link.settings.events;
    this.name = workerName(link.settings.name);
  }

  async start(): Promise<void> {
    await this.#link.broker.onControl(this.name, (call) => this.#onCall(call));
    this.#tell('worker-online', this.#figures());
    this.#heart = setInterval(() => this.#tell('worker-heartbeat', this.#figures()), heartbeatEvery);
    this.#heart.unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.#heart);
    this.#tell('worker-offline', this.#figures());
    await this.#send();
  }

  started(claim: Claim, message: TaskMessage | undefined): void {
    if (!this.#tellsTasks) return;
    const { id, name } = claim;
    const { args, kwargs } = shownArguments(message);
    const lineage = { root_id: message?.rootId ?? id, parent_id: message?.parentId ?? null };
    const times = { eta: isoOrNull(message?.eta), expires: isoOrNull(message?.expires) };
    const retries = message?.retries ?? 0;
    this.#tell('task-received', { uuid: id, name, args, kwargs, retries, ...lineage, ...times });
    this.#tell('task-started', { uuid: id });
  }

  ended({ claim, kind, value }: LedgerEnd, run: ShownRun | undefined): void {
    if (kind !== 'released') {
      this.#processed++;
      if (run !== undefined) this.#totals.set(run.name, (this.#totals.get(run.name) ?? 0) + 1);
    }
    if (!this.#tellsTasks) return;
    const uuid = claim.id;
    if (kind === 'succeeded') {
      const runtime = (Date.now() - (run?.startedAt ?? Date.now())) / 1000;
      const result = value.length > 1024 ? `${value.slice(0, 1024)}...` : value;
      this.#tell('task-succeeded', { uuid, result, runtime });
    } else if (kind === 'failed' || kind === 'retrying') {
      const { name, message, stack } = JSON.parse(value) as { name: string; message: string; stack?: string };
      const exception = `${name.split('.').at(-1)}(${pythonRepr(message)})`;
      this.#tell(kind === 'failed' ? 'task-failed' : 'task-retried', { uuid, exception, traceback: stack ?? '' });
    } else if (kind === 'cancelled' || kind === 'expired') {
      this.#tell('task-revoked', { uuid, terminated: kind === 'cancelled', signum: null, expired: kind === 'expired' });
    }
  }

  #figures(): Record<string, unknown> {
    return {
      active: this.#runs().length,
      processed: this.#processed,
      freq: heartbeatEvery / 1000,
      loadavg: loadavg().map((load) => Math.round(load * 100) / 100),
      ...software,
    };
  }

  #tell(type: string, fields: Readonly<Record<string, unknown>>): void {
    const clock = this.clock.tick();
    // Without `utcoffset`: Celery would move the time by it, in whole hours.
    const timestamp = Date.now() / 1000;
    this.#events.push({ ...fields, type, hostname: this.name, pid: process.pid, clock, timestamp });
    if (this.#events.length > 1000) void this.#send();
    this.#flush ??= setTimeout(() => void this.#send(), flushEvery);
    this.#flush.unref();
  }

  // Events are for whoever looks: one that cannot be sent is lost, as with Celery.
  async #send(): Promise<void> {
    clearTimeout(this.#flush);
    this.#flush = undefined;
    const events = this.#events;
    this.#events = [];
    if (events.length > 0) await this.#link.broker.sendEvents(events).catch(() => {});
  }

  async #onCall({ body, headers }: ControlCall): Promise<void> {
    this.clock.adjust(headers['clock']);
    const message = decodeControl(body, this.name);
    if (message === undefined) return;
    const { replyTo, ticket } = message;
    let reply: unknown;
    try {
      reply = await this.#answer(message);
    } catch (error) {
      reply = { error: String(error) };
    }
    if (replyTo === undefined || ticket === undefined || reply === undefined) return;
    const answer = encodeJson({ [this.name]: reply });
    await this.#link.broker.reply({ ...replyTo, ticket, body: answer, clock: this.clock.tick() }).catch(() => {});
  }

  readonly #answers: Readonly<Record<string, (args: ControlMessage['arguments']) => unknown>> = {
    ping: () => ({ ok: 'pong' }),
    revoke: (args) => this.#revoke(ids(args['task_id']), args['terminate'] === true, args[ledgerArgument]),
    terminate: (args) => this.#revoke(ids(args['task_id']), true),
    hello: async (args) => {
      if (args['from_node'] === this.name) return undefined;
      return { revoked: await revokedIds(this.#link), clock: this.clock.tick() };
    },
    heartbeat: () => this.#tell('worker-heartbeat', this.#figures()),
    enable_events: () => ({ ok: this.#setEvents(true) }),
    disable_events: () => ({ ok: this.#setEvents(false) }),
    clock: () => ({ clock: this.clock.value }),
    registered: () => this.#link.host.tasks.names(),
    active: (args) => this.#runs().map((run) => this.#shown(run, args['safe'] === true)),
    query_task: (args) => {
      const wanted = ids(args['ids']);
      const runs = this.#runs().filter(({ claim }) => wanted.includes(claim.id));
      return Object.fromEntries(runs.map((run) => [run.claim.id, ['active', this.#shown(run)]]));
    },
    reserved: () => [],
    scheduled: async () => {
      const { tasks } = await this.#link.ledger.list({ states: ['scheduled', 'retrying'] }, 100, undefined);
      return tasks.map(({ id, name, runAt, priority }) => {
        return { eta: encodeTime(runAt), priority, request: { id, name } };
      });
    },
    revoked: async () => [...new Set([...this.#revoked, ...(await revokedIds(this.#link))])],
    active_queues: () =>
      this.#queues.map((name) => ({
        name,
        routing_key: name,
        durable: true,
        auto_delete: false,
        exclusive: false,
        exchange: { name, type: 'direct', durable: true, auto_delete: false },
      })),
    stats: () => this.#stats(),
    conf: () => ({
      task_acks_late: true,
      task_default_queue: this.#queues[0] ?? 'celery',
      accept_content: ['json'],
      task_serializer: 'json',
    }),
    report: () => {
      const queues = this.#queues.join(', ');
      return { ok: `software -> cortado, node ${process.versions.node}\nqueues -> ${queues}` };
    },
  };

  #answer({ method, arguments: args }: ControlMessage): unknown {
    const name = otherNames.get(method) ?? method;
    if (Object.hasOwn(this.#answers, name)) return this.#answers[name]!(args);
    return { error: `a Cortado worker does not know the command ${method}` };
  }

  // As Celery: without `terminate` a task that runs already goes on.
  async #revoke(list: readonly string[], terminate: boolean, knownTo?: unknown): Promise<unknown> {
    const { ledger } = this.#link;
    const flagged = { ok: `tasks ${list.join(', ')} flagged as revoked` };
    for (const id of list) this.#revoked.add(id);
    // Such a command tells Python's workers. By the time that it is here the task may have been retried.
    if (knownTo !== undefined && knownTo === (await ledger.identity())) return flagged;
    await ledger.revoke(list);
    if (!terminate) return flagged;
    const running = this.#runs().flatMap(({ claim: { id } }) => (list.includes(id) ? [id] : []));
    for (const id of running) await ledger.cancel(id, 'It was terminated by remote control.');
    return { ok: running.length === 0 ? 'terminate: tasks unknown' : `terminate: ${running.join(', ')}` };
  }

  #setEvents(on: boolean): string {
    const already = this.#tellsTasks === on ? ' already' : '';
    this.#tellsTasks = on;
    return `task events${already} ${on ? 'enabled' : 'disabled'}`;
  }

  // As Celery: whoever asks gets the arguments themselves, unless it asks for what may be shown.
  #shown({ claim, name, startedAt, message }: ShownRun, isSafe = false): Record<string, unknown> {
    return {
      id: claim.id,
      name,
      ...(isSafe ? shownArguments(message) : { args: message?.args ?? [], kwargs: message?.kwargs ?? {} }),
      type: name,
      hostname: this.name,
      time_start: startedAt / 1000,
      acknowledged: false,
      delivery_info: {
        exchange: '',
        routing_key: this.#queues[0] ?? '',
        priority: message?.priority ?? 0,
        redelivered: false,
      },
      worker_pid: process.pid,
    };
  }

  #stats(): Record<string, unknown> {
    const usage = process.resourceUsage();
    const { kind, url } = this.#link.settings;
    return {
      total: Object.fromEntries(this.#totals),
      pid: process.pid,
      clock: String(this.clock.value),
      uptime: Math.floor((Date.now() - this.#startedAt) / 1000),
      prefetch_count: 0,
      pool: { 'max-concurrency': null, processes: [process.pid], implementation: 'cortado' },
      broker: { transport: kind, hostname: new URL(url).hostname },
      rusage: { utime: usage.userCPUTime / 1e6, stime: usage.systemCPUTime / 1e6, maxrss: usage.maxRSS },
      loadavg: loadavg(),
      ...software,
    };
  }
}

function ids(value: unknown): string[] {
  return (Array.isArray(value) ? value : [value]).filter((id) => typeof id === 'string');
}

// What the sender would have shown.
function shownArguments(message: TaskMessage | undefined): { args: string; kwargs: string } {
  return {
    args: message?.argsRepr ?? pythonRepr(message?.args ?? [], { tuple: true }),
    kwargs: message?.kwargsRepr ?? pythonRepr(message?.kwargs ?? {}),
  };
}

function isoOrNull(time: number | undefined): string | null {
  return time === undefined ? null : encodeTime(time);
}
