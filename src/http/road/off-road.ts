import type { Plan } from '../../declare/plan/plan.ts';
import { type FieldsReader, fieldsReader } from '../read/read-fields.ts';

/** What runs before or around requests that are not on the road, with the reader of what it asks for. */
export interface OffRoad {
  readonly plan: Plan;
  readonly read: FieldsReader;
}

export function prepareOffRoad(plan: Plan): OffRoad {
  return { plan, read: fieldsReader(plan.fields, undefined) };
}
