import { postgresScenarios } from './postgres.ts';
import type { Scenario } from './scenario.ts';

/** What breaks databases. */
export const databaseScenarios: readonly Scenario[] = [...postgresScenarios];

/** All scenarios, in the order in which they run. */
export const scenarios: readonly Scenario[] = [...databaseScenarios];
