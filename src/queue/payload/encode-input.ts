import type { Plan } from '../../declare/plan/plan.ts';
import type { Issue } from '../../schema/issues/issue.ts';
import { type EncodeJsonOptions, encodePayload } from './encode-payload.ts';
import { readInput } from './read-input.ts';
import { TaskInputError } from './task-input-error.ts';

export interface EncodeInputOptions extends EncodeJsonOptions {
  /** How the engine reads JSON. */
  readonly parse: (text: string) => unknown;
  /** A field that is filled in later, by the result of another task. */
  readonly except?: string | undefined;
}

/**
 * JSON text of a task's input, once it is sure that a worker can read it: what is validated is what comes out of the JSON.
 *
 * @throws TaskInputError for input that does not fit; CortadoError `CORTADO_QUEUE_PAYLOAD` for what is no JSON, or too large.
 */
export async function encodeInput(
  owner: string,
  plan: Plan,
  input: object,
  options: EncodeInputOptions,
): Promise<string> {
  const picked: Record<string, unknown> = {};
  for (const { key } of plan.fields) {
    const value = (input as Record<string, unknown>)[key];
    if (value !== undefined && key !== options.except) picked[key] = value;
  }
  const text = encodePayload(`${owner}: the input`, picked, options);
  const payload = isFlat(picked) ? picked : (options.parse(text) as Record<string, unknown>);
  const issues: Issue[] = [];
  await readInput(plan, payload, new Array(plan.slots), issues, options.except);
  if (issues.length > 0) throw new TaskInputError(owner, issues);
  return text;
}

// Such values are the same after JSON, so they need not make the trip.
function isFlat(values: Readonly<Record<string, unknown>>): boolean {
  return Object.values(values).every(
    (value) => typeof value === 'string' || typeof value === 'boolean' || value === null || Number.isSafeInteger(value),
  );
}
