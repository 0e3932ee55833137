import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { runScenario } from '../../scripts/chaos/run-scenario.ts';
import { databaseScenarios } from '../../scripts/chaos/scenarios.ts';

// They mostly wait: for servers to start, and for what is away to be noticed.
describe('databases that break under load', { concurrency: 2 }, () => {
  for (const scenario of databaseScenarios)
    test(`${scenario.name}: ${scenario.promise}`, { skip: scenario.skip?.() ?? false }, async (context) => {
      const { account, seconds } = await runScenario(scenario, { seed: 1, isShort: true });
      const { acknowledged, tasks, refused } = account;
      context.diagnostic(`${acknowledged} writes, ${tasks} tasks, ${refused} refused, ${seconds.toFixed(0)} s`);
      assert.deepEqual(account.broken, []);
      assert.ok(acknowledged > 0 && tasks > 0, 'nothing was acknowledged');
    });
});
