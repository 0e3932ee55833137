import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runScenario } from '../../scripts/chaos/run-scenario.ts';
import { processScenarios } from '../../scripts/chaos/scenarios.ts';

// What tests of queues and of the command do not hold already; all the others run in the whole form.
const names = ['workers-killed-celery-redis', 'hostile-messages-celery-redis', 'broken-requests'];

for (const scenario of processScenarios.filter(({ name }) => names.includes(name)))
  test(`${scenario.name}: ${scenario.promise}`, { skip: scenario.skip?.() ?? false }, async (context) => {
    const { account } = await runScenario(scenario, { seed: 1, isShort: true });
    for (const figure of account.figures) context.diagnostic(figure);
    assert.deepEqual(account.broken, []);
  });
