/** A straight line through some values over time. */
export interface Trend {
  readonly mean: number;
  /** Change per second. */
  readonly slope: number;
  /** How far the slope can be trusted: its standard error. */
  readonly error: number;
}

/** The line of least squares through `values` at `seconds`. */
export function trendOf(seconds: readonly number[], values: readonly number[]): Trend {
  const count = values.length;
  const meanOf = (list: readonly number[]): number => list.reduce((total, one) => total + one, 0) / list.length;
  const [at, mean] = [meanOf(seconds), meanOf(values)];
  const spread = seconds.reduce((total, second) => total + (second - at) ** 2, 0);
  const slope = seconds.reduce((total, second, n) => total + (second - at) * (values[n]! - mean), 0) / spread;
  const rest = values.reduce((total, value, n) => total + (value - mean - slope * (seconds[n]! - at)) ** 2, 0);
  return { mean, slope, error: count > 2 ? Math.sqrt(rest / (count - 2) / spread) : Number.POSITIVE_INFINITY };
}
