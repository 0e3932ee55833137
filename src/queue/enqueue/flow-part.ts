import type { NewTask } from '../contract/engine.ts';
import type { TaskHost } from './task-host.ts';

/** Header that names the input which takes the results of the tasks before. */
export const intoHeader = 'cortado-into';

/** Header that says that the results of several tasks are wanted, as an array. */
export const gatherHeader = 'cortado-gather';

/** What a part of a flow waits for: tasks, and whether their results are wanted as an array; of an empty group that is `[]`, whatever it waits for. */
export interface Before {
  readonly ids: readonly string[];
  readonly isGroup: boolean;
  readonly isEmpty?: boolean;
}

/** A part of a flow, made into tasks: those that others wait for are its `ends`. */
export interface Built {
  readonly tasks: readonly NewTask[];
  readonly ends: Before;
}

/** A part of a flow: one task, a {@link chain} or a {@link group}. `R` is its result, `Takes` what it takes of the part before it. */
export interface FlowPart<out R, in Takes = unknown> {
  /** `undefined` for a group with nothing in it. */
  readonly host: TaskHost | undefined;
  readonly build: (before: Before | undefined) => Promise<Built>;
  readonly '~result'?: R;
  readonly '~takes'?: (value: Takes) => void;
}
