import { brokerScenarios } from './brokers.ts';
import { clusterScenarios } from './cluster.ts';
import { hostileScenarios } from './hostile-messages.ts';
import { killScenarios } from './kills.ts';
import { pgBouncerScenarios } from './pgbouncer.ts';
import { poisonScenarios } from './poison.ts';
import { postgresScenarios } from './postgres.ts';
import type { Scenario } from './scenario.ts';
import { sqliteScenarios } from './sqlite.ts';
import { workerScenarios } from './workers.ts';

/** What breaks databases. */
export const databaseScenarios: readonly Scenario[] = [
  ...postgresScenarios,
  ...pgBouncerScenarios,
  ...sqliteScenarios,
  ...killScenarios,
];

/** What breaks workers, brokers, and the processes that serve. */
export const processScenarios: readonly Scenario[] = [
  ...workerScenarios,
  ...poisonScenarios,
  ...brokerScenarios,
  ...hostileScenarios,
  ...clusterScenarios,
];

/** All scenarios, in the order in which they run. */
export const scenarios: readonly Scenario[] = [...databaseScenarios, ...processScenarios];
