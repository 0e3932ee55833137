import { killScenarios } from './kills.ts';
import { pgBouncerScenarios } from './pgbouncer.ts';
import { postgresScenarios } from './postgres.ts';
import type { Scenario } from './scenario.ts';
import { sqliteScenarios } from './sqlite.ts';

/** What breaks databases. */
export const databaseScenarios: readonly Scenario[] = [
  ...postgresScenarios,
  ...pgBouncerScenarios,
  ...sqliteScenarios,
  ...killScenarios,
];

/** All scenarios, in the order in which they run. */
export const scenarios: readonly Scenario[] = [...databaseScenarios];
