import type { Counter, Gauge as PromGauge, Registry } from 'prom-client';
import type { Gauge } from '../inject/component.ts';

/**
 * A registry with what the parts of an app report right now, made anew for each scrape: what is gone is gone from the figures, too. Gauges
 * with the same name and labels, of two queues for example, add up, unless the largest is what counts of them.
 */
export function gaugeRegistry(
  client: typeof import('prom-client'),
  gauges: readonly Gauge[],
  prefix: string,
  labels: Readonly<Record<string, string>>,
): Registry {
  const registry = new client.Registry();
  registry.setDefaultLabels({ ...labels });
  for (const [name, those] of Map.groupBy(gauges, (gauge) => gauge.name)) {
    const metric = makeMetric(client, prefix + name, those, registry);
    for (const { labels: own = {}, value } of combined(those)) metric.inc(own, value);
  }
  return registry;
}

function combined(gauges: readonly Gauge[]): readonly Gauge[] {
  if (gauges[0]?.across !== 'max') return gauges;
  const alike = Map.groupBy(gauges, ({ labels = {} }) => JSON.stringify(Object.entries(labels).sort()));
  return [...alike.values()].map((those) => those.reduce((most, one) => (one.value > most.value ? one : most)));
}

function makeMetric(
  client: typeof import('prom-client'),
  name: string,
  gauges: readonly Gauge[],
  registry: Registry,
): Counter | PromGauge {
  const [{ help, across = 'sum' }] = gauges as [Gauge];
  const labelNames = [...new Set(gauges.flatMap(({ labels = {} }) => Object.keys(labels)))];
  const settings = { name, help, labelNames, registers: [registry], aggregator: across };
  return name.endsWith('_total') ? new client.Counter(settings) : new client.Gauge(settings);
}
