/** What the test of Mann and Kendall says of a series, and the slope of Theil and Sen that goes with it. */
export interface Trend {
  /** Change per second: the median of the slopes between any two values. */
  readonly slope: number;
  /** Where the slope lies with 95 % confidence. */
  readonly lower: number;
  readonly upper: number;
  /** How likely a series without a trend looks as if it rose like this, or more. */
  readonly p: number;
  /** Whether it rises, beyond what chance does in one of forty series. */
  readonly isRising: boolean;
}

// Of the normal distribution: 2.5 % lie above, which are the 5 % of an interval with two ends.
const edge = 1.96;

/**
 * The trend of `values` at `seconds`. Of the values only their order counts, so neither a spike nor the shape of the noise decides. Values that hang
 * together with those before them, as memory does, tell less than as many free ones: the variance is made larger as Yue and Wang (2004) do.
 */
export function trendOf(seconds: readonly number[], values: readonly number[]): Trend {
  const count = values.length;
  if (count < 8) throw new Error(`A trend takes 8 values or more, not ${count}.`);
  const pairs = values.flatMap((value, at) =>
    values.slice(at + 1).map((later, step) => ({ rise: later - value, run: seconds[at + 1 + step]! - seconds[at]! })),
  );
  const score = sum(pairs.map(({ rise }) => Math.sign(rise)));
  const slopes = pairs.map(({ rise, run }) => rise / run).sort((a, b) => a - b);
  const slope = median(slopes);
  const rest = values.map((value, at) => value - slope * seconds[at]!);
  const deviation = Math.sqrt(varianceOf(values) * inflation(rest));
  const z = deviation === 0 ? 0 : (score - Math.sign(score)) / deviation;
  const reach = edge * deviation;
  const slopeAt = (place: number): number => slopes[Math.min(Math.max(Math.round(place), 0), slopes.length - 1)]!;
  return {
    slope,
    lower: slopeAt((slopes.length - reach) / 2),
    upper: slopeAt((slopes.length + reach) / 2),
    p: 1 - normal(z),
    isRising: z > edge,
  };
}

/** The least value of each of `windows` parts of equal length. */
export function leastOf(values: readonly number[], windows: number): number[] {
  const length = values.length / windows;
  return Array.from({ length: windows }, (_, at) =>
    Math.min(...values.slice(Math.round(at * length), Math.round((at + 1) * length))),
  );
}

/** Of the score, where the values are free of each other; what is tied has no order. */
function varianceOf(values: readonly number[]): number {
  const part = (size: number): number => size * (size - 1) * (2 * size + 5);
  const ties = Map.groupBy(values, (value) => value).values();
  return (part(values.length) - sum([...ties].map(({ length }) => part(length)))) / 18;
}

/** How much larger the variance is, because values resemble those before them: as if that likeness were passed on from step to step. */
function inflation(rest: readonly number[]): number {
  const count = rest.length;
  const mean = sum(rest) / count;
  const off = rest.map((value) => value - mean);
  const spread = sum(off.map((one) => one ** 2));
  if (spread === 0) return 1;
  const found = sum(off.slice(1).map((one, at) => one * off[at]!)) / spread;
  // Short series look less alike than they are (Marriott and Pope, 1954). What alternates is not taken for more than it is.
  const likeness = Math.min(0.99, Math.max(0, (count * found + 1) / (count - 4)));
  return 1 + 2 * sum(off.map((_, lag) => (lag === 0 ? 0 : (1 - lag / count) * likeness ** lag)));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function median(sorted: readonly number[]): number {
  const half = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}

/** The share of the normal distribution below `z`, right to six digits (Zelen and Severo, 1964). */
function normal(z: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(z));
  const series = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  const above = (Math.exp(-(z ** 2) / 2) / Math.sqrt(2 * Math.PI)) * series;
  return z > 0 ? 1 - above : above;
}
