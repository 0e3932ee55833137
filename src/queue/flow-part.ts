import type { NewTask } from './engine.ts';
import type { TaskHost } from './task-host.ts';

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
