// How far an answer agrees with FastAPI's recorded one.

export interface RecordedAnswer {
  readonly status: number;
  readonly body: unknown;
}

export interface Agreement {
  readonly status: boolean;
  readonly type: boolean;
  readonly loc: boolean;
  readonly msg: boolean;
}

interface WireIssue {
  readonly type: string;
  readonly loc: readonly unknown[];
  readonly msg: string;
}

function issuesOf(body: unknown): readonly WireIssue[] | undefined {
  const detail = (body as { detail?: unknown } | null)?.detail;
  return Array.isArray(detail) ? (detail as WireIssue[]) : undefined;
}

/** Values that mean the same in Python's and in JavaScript's JSON: 3.0 is 3, `+00:00` is `Z`. */
export function normalize(value: unknown): unknown {
  if (typeof value === 'string')
    return value
      .replace(/(\.\d*?)0+(?=Z|[+-]\d\d:\d\d$)/, '$1')
      .replace(/\.(?=Z|[+-]\d\d:\d\d$)/, '')
      .replace(/(T?\d\d:\d\d:\d\d(?:\.\d+)?)\+00:00$/, '$1Z');
  if (Array.isArray(value)) return value.map(normalize);
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(
      Object.entries(value)
        .map(([key, member]) => [key, normalize(member)])
        .sort(),
    );
  return value;
}

const same = (a: unknown, b: unknown): boolean => JSON.stringify(normalize(a)) === JSON.stringify(normalize(b));

export function compareAnswers(expected: RecordedAnswer, actual: RecordedAnswer): Agreement {
  const status = expected.status === actual.status;
  const [wanted, got] = [issuesOf(expected.body), issuesOf(actual.body)];
  if (wanted === undefined || got === undefined) {
    const body = wanted === got && same(expected.body, actual.body);
    return { status, type: body, loc: body, msg: body };
  }
  const of = (key: keyof WireIssue): boolean =>
    same(
      wanted.map((issue) => issue[key]),
      got.map((issue) => issue[key]),
    );
  return { status, type: of('type'), loc: of('loc'), msg: of('msg') };
}

/** Whether the headers that the recording tells are there, but for a moment that passed. */
export function sameHeaders(
  expected: Readonly<Record<string, string>> | undefined,
  actual: Readonly<Record<string, unknown>>,
): boolean {
  return Object.entries(expected ?? {}).every(([name, value]) => name === 'x-response-time' || actual[name] === value);
}

export const agrees = ({ status, type, loc }: Agreement): boolean => status && type && loc;

const respects = ['status', 'type', 'loc', 'msg'] as const;

/** Counts agreement by group and prints it as a table. */
export class AgreementTable {
  readonly #columns: Readonly<Record<string, keyof Agreement>>;
  readonly #rows = new Map<string, { cases: number; status: number; type: number; loc: number; msg: number }>();

  /** `columns` are titles, and what is counted below each. */
  constructor(
    columns: Readonly<Record<string, keyof Agreement>> = { status: 'status', type: 'type', loc: 'loc', msg: 'msg' },
  ) {
    this.#columns = columns;
  }

  add(group: string, agreement: Agreement): void {
    const row = this.#rows.get(group) ?? { cases: 0, status: 0, type: 0, loc: 0, msg: 0 };
    row.cases++;
    for (const key of respects) row[key] += Number(agreement[key]);
    this.#rows.set(group, row);
  }

  print(): string {
    const all = { cases: 0, status: 0, type: 0, loc: 0, msg: 0 };
    for (const row of this.#rows.values())
      for (const key of Object.keys(all) as (keyof typeof all)[]) all[key] += row[key];
    const columns = Object.entries(this.#columns);
    const line = (name: string, row: typeof all): string =>
      `| ${[name.replaceAll('|', '\\|'), row.cases, ...columns.map(([, key]) => row[key])].join(' | ')} |`;
    return [
      `| group | cases | ${columns.map(([title]) => title).join(' | ')} |`,
      `|---|--:|${'--:|'.repeat(columns.length)}`,
      ...[...this.#rows].map(([name, row]) => line(name, row)),
      line('**all**', all),
    ].join('\n');
  }
}
