/** One metric with its values, as prom-client gives it as JSON; the processes of one app send each other these. */
export interface Figure {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly aggregator: string;
  readonly values: readonly FigureValue[];
}

export interface FigureValue {
  readonly value: number;
  readonly labels: Readonly<Record<string, string | number>>;
  /** `http_request_duration_seconds_bucket` for example, where the metric has more than one. */
  readonly metricName?: string;
}

/** What a worker tells its primary. */
export type FromSibling =
  | { readonly type: 'metrics:ask'; readonly id: number }
  | { readonly type: 'metrics:figures'; readonly id: number; readonly figures: readonly Figure[] };

/** What the primary tells a worker. */
export type ToSibling =
  | { readonly type: 'metrics:collect'; readonly id: number }
  | { readonly type: 'metrics:all'; readonly id: number; readonly all: readonly (readonly Figure[])[] };
