import { parseArgs } from 'node:util';

/** What every benchmark can be told on the command line. */
export interface BenchOptions {
  /** How often each contender is measured. */
  readonly rounds: number;
  /** Seconds of load per round. */
  readonly seconds: number;
  /** Names of the contenders; `undefined` for all. */
  readonly only: readonly string[] | undefined;
  /** Names of the scenarios; `undefined` for all. */
  readonly scenarios: readonly string[] | undefined;
}

/** Reads `--rounds 5 --seconds 4 --only cortado,bare --scenario get`. */
export function benchOptions(args: readonly string[], defaults: { rounds: number; seconds: number }): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: 'string', default: String(defaults.rounds) },
      seconds: { type: 'string', default: String(defaults.seconds) },
      only: { type: 'string' },
      scenario: { type: 'string' },
    },
  });
  return {
    rounds: positive('--rounds', values.rounds),
    seconds: positive('--seconds', values.seconds),
    only: values.only?.split(','),
    scenarios: values.scenario?.split(','),
  };
}

/** Whether all was measured, so that the results may replace those in `docs/benchmarks`. */
export function isWhole({ only, scenarios }: BenchOptions): boolean {
  return only === undefined && scenarios === undefined;
}

// wrk counts in whole seconds.
function positive(name: string, text: string): number {
  const value = Number(text);
  if (!(Number.isInteger(value) && value > 0)) throw new Error(`${name} must be a whole number from 1, not "${text}"`);
  return value;
}
