import type { Plan } from '../../declare/plan/plan.ts';
import type { TaskSettings } from './task-options.ts';

/** A declared task as data: what enqueuing and running read. */
export interface TaskDeclaration {
  readonly name: string;
  readonly settings: TaskSettings;
  readonly plan: Plan;
  /** Inputs that are sent by position, in this order. */
  readonly positional?: readonly string[] | undefined;
  readonly run: (values: never, context: never) => unknown;
}
