/** Marks what an app can `use`. It stands below the contract itself, so that threads and the loop guard can be used as well. */
export const component = '~component';

/** One figure among many of its kind, for a histogram. */
export interface Observation {
  /** With its unit, `http_request_duration_seconds`. */
  readonly name: string;
  readonly help: string;
  readonly value: number;
  /** As few different ones as there are routes and tasks, never values that clients choose. */
  readonly labels: Readonly<Record<string, string>>;
}

/** Hears of figures. */
export type Observe = (observation: Observation) => void;

/** A number that a component reports, for metrics and the state of the process. A name that ends in `_total` only ever grows. */
export interface Gauge {
  readonly name: string;
  readonly help: string;
  readonly value: number;
  /** What tells it from others of its name, `{ route: 'GET /users' }` for example. */
  readonly labels?: Readonly<Record<string, string>>;
  /** How the figures of several processes become one. Default `sum`; `max` fits what each of them sees as a whole. */
  readonly across?: 'sum' | 'max';
}
