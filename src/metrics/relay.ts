import cluster, { type Worker } from 'node:cluster';
import type { Figure, FigureValue, FromSibling, ToSibling } from './figure.ts';

interface Round {
  readonly asker: Worker;
  readonly id: number;
  readonly missing: Set<number>;
  readonly timer: NodeJS.Timeout;
}

// Milliseconds for which a worker is waited for; one whose loop is held up is counted with what it said last.
const patience = 1000;

/**
 * The primary's part in a scrape of many workers: asks all of them, and passes on what they say to the one that was scraped. It needs no
 * prom-client itself. What workers had counted before they ended still counts, so that a reload makes no counter fall.
 */
export function relayMetrics(): void {
  const last = new Map<number, readonly Figure[]>();
  const retired = new Retired();
  const rounds = new Map<number, Round>();
  let numbers = 0;

  const finish = (number: number): void => {
    const round = rounds.get(number);
    if (round === undefined) return;
    rounds.delete(number);
    clearTimeout(round.timer);
    const all = [...last.values(), retired.figures].filter((figures) => figures.length > 0);
    tell(round.asker, { type: 'metrics:all', id: round.id, all });
  };
  const arrived = (number: number, worker: number): void => {
    const missing = rounds.get(number)?.missing;
    missing?.delete(worker);
    if (missing?.size === 0) finish(number);
  };
  const begin = (asker: Worker, id: number): void => {
    const number = ++numbers;
    const workers = Object.values(cluster.workers ?? {}).filter((worker) => worker?.isConnected()) as Worker[];
    const timer = setTimeout(finish, patience, number);
    rounds.set(number, { asker, id, missing: new Set(workers.map((worker) => worker.id)), timer });
    for (const worker of workers) tell(worker, { type: 'metrics:collect', id: number });
  };

  // Code of the app may send messages of its own, of any kind.
  cluster.on('message', (worker: Worker, message: FromSibling | null) => {
    if (message === null) return;
    if (message.type === 'metrics:ask') begin(worker, message.id);
    else if (message.type === 'metrics:figures') {
      last.set(worker.id, message.figures);
      arrived(message.id, worker.id);
    }
  });
  cluster.on('exit', ({ id }: Worker) => {
    retired.add(last.get(id) ?? []);
    last.delete(id);
    for (const number of [...rounds.keys()]) arrived(number, id);
  });
}

function tell(worker: Worker, message: ToSibling): void {
  // One that has just ended is not there any more; its own end is told of separately.
  if (worker.isConnected()) worker.send(message, () => {});
}

const counting: readonly string[] = ['counter', 'histogram', 'summary'];

/** What workers that have ended had counted, added up. What they had open, their gauges, ended with them. */
class Retired {
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
