import { setTimeout as delay } from 'node:timers/promises';
import { Account } from './account.ts';
import { randomOf } from './random.ts';
import type { Report, Scenario } from './scenario.ts';

/** How a scenario is run. */
export interface RunOptions {
  readonly seed: number;
  readonly isShort: boolean;
}

// What a scenario may take to stop its servers once its time is up.
const grace = 20_000;

/** Runs one scenario; what it promised and did not keep is in its account, as is a failure of its own. */
export async function runScenario(scenario: Scenario, { seed, isShort }: RunOptions): Promise<Report> {
  const account = new Account();
  const began = performance.now();
  const seconds = (): number => (performance.now() - began) / 1000;
  const skipped = scenario.skip?.();
  if (skipped !== undefined) return { scenario, account, skipped, seconds: 0 };
  const { short, whole } = scenario.limit ?? { short: 150_000, whole: 600_000 };
  const limit = isShort ? short : whole;
  const late = AbortSignal.timeout(limit);
  const context = {
    isShort,
    // Scenarios that come later do not change when an earlier one asks for more numbers.
    random: randomOf(seed),
    signal: late,
    size: (few: number, many: number) => (isShort ? few : many),
  };
  const running = scenario.run(context, account).catch((error: unknown) => {
    if (!late.aborted) account.broken.push(`it failed: ${error instanceof Error ? error.stack : String(error)}`);
  });
  const timer = new AbortController();
  await Promise.race([running, delay(limit + grace, undefined, { signal: timer.signal }).catch(() => {})]);
  timer.abort();
  account.promise(!late.aborted, `it did not end within ${limit / 1000} s`);
  account.promise(account.lost === 0, `${account.lost} acknowledged and lost`);
  account.promise(scenario.atLeastOnce === true || account.twice === 0, `${account.twice} effects twice`);
  return { scenario, account, seconds: seconds() };
}
