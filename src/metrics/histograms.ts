import type { Histogram, Registry } from 'prom-client';
import type { Observation } from '../inject/component.ts';

/** Options of {@link Histograms}. */
export interface HistogramsOptions {
  readonly prefix: string;
  /** Upper bounds in seconds; prom-client's where there are none. */
  readonly buckets: readonly number[] | undefined;
}

/** Keeps what the parts of an app measure one by one. Each histogram is made by its first figure. */
export class Histograms {
  readonly #client: typeof import('prom-client');
  readonly #registry: Registry;
  readonly #options: HistogramsOptions;
  readonly #byName = new Map<string, Histogram>();

  constructor(client: typeof import('prom-client'), registry: Registry, options: HistogramsOptions) {
    this.#client = client;
    this.#registry = registry;
    this.#options = options;
  }

  observe(observation: Observation): void {
    const histogram = this.#byName.get(observation.name) ?? this.#make(observation);
    histogram.observe(observation.labels, observation.value);
  }

  #make({ name, help, labels }: Observation): Histogram {
    const { prefix, buckets } = this.#options;
    const histogram = new this.#client.Histogram({
      name: prefix + name,
      help,
      labelNames: Object.keys(labels),
      registers: [this.#registry],
      ...(buckets && { buckets: [...buckets] }),
    });
    this.#byName.set(name, histogram);
    return histogram;
  }
}
