import { CortadoError } from '../base/error.ts';
import type { Claim } from './engine.ts';
import type { Gate } from './gate.ts';

/** Header that names the input which takes the results of the tasks before. */
export const intoHeader = 'cortado-into';

/** Header that says that the results of several tasks are wanted, as an array. */
export const gatherHeader = 'cortado-gather';

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
