import { CortadoError } from '../../base/error.ts';
import type { Claim } from '../contract/engine.ts';
import type { Gate } from '../contract/gate.ts';
import { gatherHeader, intoHeader } from '../enqueue/flow-part.ts';

/** Puts the results of the tasks that this one waited for into its payload. */
export async function addResults(claim: Claim, payload: Record<string, unknown>, gate: Gate): Promise<void> {
  const into = claim.headers[intoHeader];
  if (into === undefined) return;
  const results = await Promise.all(claim.after.map((id) => resultOf(id, claim, gate)));
  payload[into] = claim.headers[gatherHeader] === undefined ? results[0] : results;
}

async function resultOf(id: string, { name }: Claim, gate: Gate): Promise<unknown> {
  const before = await gate.get(id);
  if (before?.result !== undefined) return gate.parse(before.result);
  const why = before === undefined ? 'is gone' : `is ${before.state}`;
  throw new CortadoError('CORTADO_TASK_STATE', `task "${name}" needs the result of ${id}, which ${why}.`);
}
