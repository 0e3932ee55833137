import { figure } from '../harness/table.ts';

/** Student's t for 95 % on both sides, by degrees of freedom; what is between takes the smaller one. */
const quantiles: readonly (readonly [number, number])[] = [
  [1, 12.71],
  [2, 4.3],
  [4, 2.78],
  [8, 2.31],
  [14, 2.15],
  [20, 2.09],
  [30, 2.04],
];

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** `1.01 (0.99 to 1.03)`: the geometric mean of the rounds' ratios and its 95 % interval. */
export function pairedRatio(base: readonly number[], values: readonly number[]): string {
  const logs = values.map((value, round) => Math.log(value / base[round]!));
  const middle = mean(logs);
  if (logs.length < 2) return figure(Math.exp(middle), 3);
  const deviation = Math.sqrt(logs.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (logs.length - 1));
  const t = quantiles.findLast(([degrees]) => degrees <= logs.length - 1)![1];
  const half = (t * deviation) / Math.sqrt(logs.length);
  return `${figure(Math.exp(middle), 3)} (${figure(Math.exp(middle - half), 3)} to ${figure(Math.exp(middle + half), 3)})`;
}
