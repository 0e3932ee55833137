import { createRequire } from 'node:module';
import type { Histogram, Registry } from 'prom-client';
import { checkOptions } from '../base/check-options.ts';
import { component } from '../base/component-key.ts';
import { CortadoError, invalidOption } from '../base/error.ts';
import type { Dependency } from '../declare/dependency.ts';
import type { RouteDefinition } from '../declare/route/route.ts';
import type { Component, Observe } from '../inject/component.ts';
import type { Figure } from './figure.ts';
import { gaugeRegistry } from './gauge-registry.ts';
import { Siblings } from './siblings.ts';

/** Options of {@link metrics}. */
export interface MetricsOptions {
  /** Path of the scrape. Default `/metrics`. */
  readonly path?: string;
  /** Run before it: the figures tell a lot about the app. Default: none. */
  readonly guards?: readonly Dependency<unknown, string>[];
  /** Put before every name, `shop_` for example. Default: nothing. */
  readonly prefix?: string;
  /** Labels of every figure, `{ service: 'shop' }` for example. Default: none. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Upper bounds in seconds for the time that requests and tasks take. Default: 5 milliseconds to 10 seconds. */
  readonly buckets?: readonly number[];
  /** Figures of the process as well: processor, memory, garbage collection, lag of the loop. Default `true`. */
  readonly process?: boolean;
  /** Where all is kept, prom-client's global `register` for example. Default: a registry of its own. */
  readonly registry?: Registry;
}

/** What `metrics()` gives: an app can `use` it. */
export interface Metrics extends Component<unknown> {
  /** For figures of your own: `new Counter({ …, registers: [registry] })`. */
  readonly registry: Registry;
}

const known = ['path', 'guards', 'prefix', 'labels', 'buckets', 'process', 'registry'];

/**
 * Serves the figures of an app for Prometheus (`npm install prom-client`): requests by method, route template and status; what is in flight;
 * what held up the loop; threads, databases, queues and tasks; the process. Nothing is measured, or exposed, by an app that does not use it.
 *
 * Under `cortado run --workers N` one scrape, whichever worker gets it, has the figures of all of them.
 *
 * @throws CortadoError `CORTADO_OPTION_UNKNOWN`, `CORTADO_OPTION_INVALID`; `CORTADO_METRICS` where prom-client is not installed.
 * @example
 * ```ts
 * app.use(metrics());
 * ```
 * @example
 * ```ts
 * const figures = metrics({ guards: [onlyFromInside], labels: { service: 'shop' } });
 * const sold = new Counter({ name: 'shop_cups_total', help: 'Cups sold', registers: [figures.registry] });
 * app.use(figures);
 * ```
 */
export function metrics(options: MetricsOptions = {}): Metrics {
  checkOptions('metrics()', options, known);
  const { path = '/metrics', guards = [], prefix = '', labels = {}, buckets, process: ofProcess = true } = options;
  checkNames(prefix, labels);
  checkBuckets(buckets);
  const client = loadPromClient();
  const registry = options.registry ?? new client.Registry();
  if (options.labels !== undefined) registry.setDefaultLabels({ ...labels });
  const listener = histograms(client, registry, prefix, buckets);
  let isUsed = false;
  return {
    registry,
    [component]: ({ settings, measure, observe }) => {
      if (ofProcess && !isUsed) client.collectDefaultMetrics({ register: registry, prefix });
      isUsed = true;
      observe(listener);
      const measured = async (): Promise<Registry> => gaugeRegistry(client, await measure(), prefix, labels);
      const siblings = new Siblings(async () => {
        const parts = [registry, await measured()].map((part) => part.getMetricsAsJSON());
        return (await Promise.all(parts)).flat() as unknown as Figure[];
      }, settings.hasRelay);
      const text = async (): Promise<string> => {
        const all = await siblings.ask();
        if (all !== undefined) return client.AggregatorRegistry.aggregate([...all]).metrics();
        return `${await registry.metrics()}\n${await (await measured()).metrics()}`;
      };
      return {
        name: 'metrics',
        start: () => siblings.start(),
        stop: () => siblings.stop(),
        routes: [scrape(path, guards, async () => answer(await text(), registry.contentType))],
      };
    },
  };
}

function scrape(path: string, guards: MetricsOptions['guards'], handler: () => Promise<Response>): RouteDefinition {
  const settings = { documented: false, limits: false, guards: guards ?? [] } as const;
  return { method: 'GET', path, params: {}, response: undefined, settings, handler };
}

function answer(text: string, contentType: string): Response {
  return new Response(text, { headers: { 'content-type': contentType, 'cache-control': 'no-store' } });
}

function checkNames(prefix: string, labels: Readonly<Record<string, string>>): void {
  if (!/^([a-zA-Z_:][a-zA-Z0-9_:]*)?$/.test(prefix))
    throw invalidOption(`metrics(): prefix "${prefix}" cannot begin the name of a metric.`);
  for (const [name, value] of Object.entries(labels))
    if (!/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name) || typeof value !== 'string')
      throw invalidOption(`metrics(): "${name}: ${value}" cannot be a label and its text.`);
}

function checkBuckets(buckets: readonly number[] = []): void {
  if (buckets.every((bound, at) => Number.isFinite(bound) && bound > (buckets[at - 1] ?? 0))) return;
  throw invalidOption('metrics(): buckets must be seconds above 0, each more than the last.');
}

/** Loads `prom-client`, at the declaration: whoever has metrics of their own needs the registry by then. */
function loadPromClient(): typeof import('prom-client') {
  try {
    return createRequire(import.meta.url)('prom-client') as typeof import('prom-client');
  } catch (cause) {
    const message = 'metrics() needs the package that keeps them: npm install prom-client';
    throw new CortadoError('CORTADO_METRICS', message, { cause });
  }
}

/** Keeps what the parts of an app measure one by one. Each histogram is made by its first figure. */
function histograms(
  client: typeof import('prom-client'),
  registry: Registry,
  prefix: string,
  buckets: readonly number[] | undefined,
): Observe {
  const byName = new Map<string, Histogram>();
  return ({ name, help, labels, value }) => {
    let histogram = byName.get(name);
    if (histogram === undefined) {
      const labelNames = Object.keys(labels);
      const bounds = buckets && { buckets: [...buckets] };
      histogram = new client.Histogram({ name: prefix + name, help, labelNames, registers: [registry], ...bounds });
      byName.set(name, histogram);
    }
    histogram.observe(labels, value);
  };
}
