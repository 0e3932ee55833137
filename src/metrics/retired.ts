import type { Figure, FigureValue } from './figure.ts';

const counting: readonly string[] = ['counter', 'histogram', 'summary'];

/** What workers that have ended had counted, added up. What they had open, their gauges, ended with them. */
export class Retired {
  readonly #metrics = new Map<string, { readonly figure: Figure; readonly values: Map<string, FigureValue> }>();

  add(figures: readonly Figure[]): void {
    for (const figure of figures) {
      if (!counting.includes(figure.type) || figure.aggregator !== 'sum') continue;
      let metric = this.#metrics.get(figure.name);
      if (metric === undefined) this.#metrics.set(figure.name, (metric = { figure, values: new Map() }));
      for (const value of figure.values) {
        const key = `${value.metricName} ${JSON.stringify(Object.entries(value.labels).sort())}`;
        const before = metric.values.get(key)?.value ?? 0;
        metric.values.set(key, { ...value, value: before + value.value });
      }
    }
  }

  get figures(): readonly Figure[] {
    return [...this.#metrics.values()].map(({ figure, values }) => ({ ...figure, values: [...values.values()] }));
  }
}
