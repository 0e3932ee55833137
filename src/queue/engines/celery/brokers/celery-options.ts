import { checkOptions } from '../../../../base/check-options.ts';
import { anything, choice, type Rule, type Rules } from '../../../../base/check-values.ts';
import { CortadoError, invalidOption } from '../../../../base/error.ts';
import { hasStrayPassword } from '../../../../base/show/shown-url.ts';

/** Options of {@link celery}. Those that are no functions can be given in the URL's query as well: `celery+redis://…?queue=web`. */
export interface CeleryOptions {
  /** `celery+redis://host:6379/0`, `celery+rediss://…`, `celery+amqp://user:password@host:5672/vhost` or `celery+amqps://…`. */
  readonly url: string;
  /**
   * Redis URL of the result store, which holds the ledger as well. Default: the broker itself over Redis. Over AMQP it must be given, since
   * RabbitMQ cannot tell what became of a task; `rpc://` is for a client that has nothing but RabbitMQ: each process learns by a queue of its
   * own what became of the tasks that it sent, and can do no more.
   */
  readonly backend?: string;
  /** Sends results to reply queues as well, for Python clients whose own backend is `rpc://`. Only over AMQP. Default `false`. */
  readonly rpc?: boolean;
  /** Celery's name of the queue that is `default` in Cortado. Default `celery`. */
  readonly queue?: string;
  /** Milliseconds that results are kept in Celery's own store. Default: a day. */
  readonly resultExpires?: number;
  /** Milliseconds after which a task that a Python worker took from Redis counts as lost; as Celery's own setting. Default: one hour. */
  readonly visibilityTimeout?: number;
  /** Celery's `global_keyprefix`. Default: none. */
  readonly keyPrefix?: string;
  /** Celery's number of a task whose priority is 0 here. Default 0: the most urgent over Redis, the least urgent over RabbitMQ. */
  readonly defaultPriority?: number;
  /** `x-max-priority` of the queues over AMQP, which Celery must declare likewise. Default: none, and no priorities. */
  readonly maxPriority?: number;
  /** How often an idle worker looks for what Python sent over Redis, in milliseconds. Default 20. */
  readonly pollInterval?: number;
  /** Name of the worker in Flower and `celery inspect`. Default `cortado-<pid>@<host>`. */
  readonly name?: string;
  /** Whether workers send events, which Flower and `celery events` read. Default `true`. */
  readonly events?: boolean;
  /** What calls do while the broker is away: `fail` (default) within some seconds, or `wait`. */
  readonly whenUnreachable?: 'fail' | 'wait';
}

/** The options, complete; `url` is without `celery+`. */
export interface CelerySettings extends Required<Omit<CeleryOptions, 'maxPriority' | 'name'>> {
  readonly kind: 'redis' | 'amqp';
  readonly maxPriority: number | undefined;
  readonly name: string | undefined;
}

const amount: Rule = {
  wanted: 'a number from 0',
  fits: (value) => typeof value === 'number' && Number.isFinite(value) && value >= 0,
};
const rules: Rules<CeleryOptions> = {
  url: anything,
  backend: anything,
  rpc: anything,
  queue: anything,
  keyPrefix: anything,
  name: anything,
  events: anything,
  whenUnreachable: choice('fail', 'wait'),
  resultExpires: amount,
  visibilityTimeout: amount,
  defaultPriority: amount,
  maxPriority: amount,
  pollInterval: amount,
};

/** Checks the options, and fills in what is missing. Throws `CORTADO_QUEUE_URL`, `CORTADO_OPTION_UNKNOWN` or `CORTADO_OPTION_INVALID`. */
export function celerySettings(options: CeleryOptions): CelerySettings {
  const url = brokerUrl(options.url);
  const given: CeleryOptions = { ...fromQuery(url.searchParams), ...options };
  checkOptions('celery()', given, rules);
  const kind = url.protocol.startsWith('redis') ? 'redis' : 'amqp';
  url.search = '';
  const { defaultPriority = 0, maxPriority } = given;
  if (defaultPriority > (kind === 'redis' ? 9 : (maxPriority ?? 0)))
    throw invalid('defaultPriority is higher than the broker can have');
  const { backend } = given;
  if (kind === 'amqp' && backend === 'rpc://') return complete(kind, url.href, backend, given);
  if (backend !== undefined && (!URL.canParse(backend) || !/^rediss?:$/.test(new URL(backend).protocol)))
    throw invalid('backend must be a redis:// URL, or rpc:// over AMQP');
  if (backend !== undefined) checkServer('the backend', new URL(backend));
  if (kind === 'amqp' && backend === undefined)
    throw invalid('over AMQP results need a place: add backend=redis://host:6379/0, or backend=rpc:// to send only');
  if (kind === 'redis' && backend !== undefined && new URL(backend).host !== url.host)
    throw invalid('over Redis the results must be on the same server as the broker; another database of it is fine');
  return complete(kind, url.href, backend ?? url.href, given);
}

function complete(kind: CelerySettings['kind'], url: string, backend: string, given: CeleryOptions): CelerySettings {
  return {
    kind,
    url,
    backend,
    rpc: given.rpc ?? false,
    queue: given.queue ?? 'celery',
    resultExpires: given.resultExpires ?? 86_400_000,
    visibilityTimeout: given.visibilityTimeout ?? 3_600_000,
    keyPrefix: given.keyPrefix ?? '',
    defaultPriority: given.defaultPriority ?? 0,
    maxPriority: given.maxPriority,
    pollInterval: given.pollInterval ?? 20,
    name: given.name,
    events: given.events ?? true,
    whenUnreachable: given.whenUnreachable ?? 'fail',
  };
}

function brokerUrl(text: string): URL {
  const [, scheme, rest] = /^celery\+(rediss?|amqps?):(.*)$/.exec(text) ?? [];
  const url = scheme === undefined ? null : URL.parse(`${scheme}:${rest}`);
  if (url !== null) {
    checkServer('the broker', url);
    return url;
  }
  // It may hold a password anywhere, so nothing of it is repeated.
  throw unfit(
    'this is no URL of a Celery broker. Write celery+redis://host:6379/0 or celery+amqp://user:password@host:5672/, with any of / @ : in the password percent-encoded',
  );
}

// What Celery takes for several servers would be one with an odd name here.
function checkServer(what: string, url: URL): void {
  const { protocol, host, pathname } = url;
  if (`${host}${pathname}`.includes(';'))
    throw unfit(`the URL of ${what} names several servers, and one is connected to: name that one`);
  if (hasStrayPassword(url))
    throw unfit(`the URL of ${what} has a "@" behind its host: a / ? # or @ of the password must be percent-encoded`);
  if (protocol.startsWith('redis') && !/^\/?\d*$/.test(pathname))
    throw unfit(`the URL of ${what} must end with the number of a database, as redis://host:6379/0`);
}

function unfit(what: string): CortadoError {
  return new CortadoError('CORTADO_QUEUE_URL', `celery(): ${what}.`);
}

function fromQuery(query: URLSearchParams): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const [name, text] of query) {
    if ((rules as Rules)[name] === amount) values[name] = Number(text);
    else values[name] = name === 'events' || name === 'rpc' ? text !== 'false' : text;
  }
  return values;
}

function invalid(what: string): CortadoError {
  return invalidOption(`celery(): ${what}.`);
}
