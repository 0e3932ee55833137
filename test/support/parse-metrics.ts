/** One line of Prometheus' text format. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** What a scrape said. */
export interface Scrape {
  readonly samples: readonly Sample[];
  /** `counter`, `gauge` or `histogram`, by name. */
  readonly types: Readonly<Record<string, string>>;
  /** The one value with this name and at least these labels; `undefined` when there is none, and an error when there are more. */
  readonly value: (name: string, labels?: Readonly<Record<string, string>>) => number | undefined;
}

const line = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/;

/** Reads Prometheus' text format, and refuses what a Prometheus would refuse: unknown lines, and one series told twice. */
export function parseMetrics(text: string): Scrape {
  const samples: Sample[] = [];
  const types: Record<string, string> = {};
  const seen = new Set<string>();
  for (const row of text.split('\n')) {
    const type = /^# TYPE (\S+) (\S+)$/.exec(row);
    if (type !== null) {
      if (types[type[1]!] !== undefined) throw new Error(`${type[1]} is declared twice`);
      types[type[1]!] = type[2]!;
    }
    if (row === '' || row.startsWith('#')) continue;
    const [, name, inside = '', value] = line.exec(row) ?? [];
    if (name === undefined) throw new Error(`not a line of metrics: ${row}`);
    const labels = Object.fromEntries(
      [...inside.matchAll(/([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g)].map((m) => [m[1], m[2]]),
    );
    const key = `${name} ${JSON.stringify(Object.entries(labels).sort())}`;
    if (seen.has(key)) throw new Error(`the series is told twice: ${row}`);
    seen.add(key);
    samples.push({ name, labels: labels as Record<string, string>, value: Number(value) });
  }
  const value: Scrape['value'] = (name, labels = {}) => {
    const fitting = samples.filter(
      (sample) => sample.name === name && Object.entries(labels).every(([key, text]) => sample.labels[key] === text),
    );
    if (fitting.length > 1) throw new Error(`${fitting.length} series of ${name} fit ${JSON.stringify(labels)}`);
    return fitting[0]?.value;
  };
  return { samples, types, value };
}
