import type { Field } from '../../schema/field.ts';
import type { Loc } from '../../schema/issues/issue.ts';
import type { Around } from '../around.ts';
import type { Dependency } from '../dependency.ts';
import type { ParamDocs, Source } from '../param.ts';
import type { Security } from '../security.ts';
import type { Params } from '../values.ts';

/** One value to be read from the wire and validated. */
export interface PlannedField {
  readonly name: string;
  /** Its name on the wire. */
  readonly key: string;
  readonly source: Source;
  readonly field: Field;
  /** An object schema that takes all values of its source: a query, header, cookie or form model, or a body without key. */
  readonly whole: boolean;
  readonly loc: Loc;
  readonly slot: number;
  /** Needed by a guard, so it is read before the body. */
  readonly early: boolean;
  /** An input of the function itself, and not only of a dependency. */
  readonly own: boolean;
  readonly convertUnderscores: boolean;
  readonly docs: ParamDocs;
}

/** One argument of a function: the name it has there, and the slot that holds its value. */
export interface Binding {
  readonly name: string;
  readonly slot: number;
}

/** One run of a dependency. */
export interface PlannedCall {
  readonly dependency: Dependency<unknown, string>;
  readonly bindings: readonly Binding[];
  readonly slot: number;
  /** Whether it was declared as a guard, not only asked for by one. */
  readonly isGuard?: true;
}

/** A function around the planned one, with where its arguments are. */
export interface PlannedAround {
  readonly around: Around;
  readonly bindings: readonly Binding[];
}

/**
 * Everything that a declared function needs, worked out once. Validation, injection, OpenAPI and tests read the same plan; a request or
 * task run only walks it. Values live in numbered slots.
 */
export interface Plan {
  readonly owner: string;
  readonly slots: number;
  /** In the order of their validation: those of dependencies first, and for each function path, query, headers, cookies, body. */
  readonly fields: readonly PlannedField[];
  /** Guards and what they ask for, in the order of their evaluation; then the other dependencies that read a credential. */
  readonly guards: readonly PlannedCall[];
  /** The other dependencies, depth first. */
  readonly calls: readonly PlannedCall[];
  /** The functions around all that the work opens, the outermost first; and the app-scoped values that they ask for. */
  readonly outside: readonly PlannedAround[];
  readonly outsideCalls: readonly PlannedCall[];
  /** The functions right around this one, the outermost first. */
  readonly inside: readonly PlannedAround[];
  /** The function's own arguments. */
  readonly bindings: readonly Binding[];
  /** Slots of dependencies, to find one that is asked for while the function runs. */
  readonly slotOf: ReadonlyMap<Dependency<unknown, string>, number>;
  /** The credentials that it reads. As declared: what stands in for a dependency in tests changes nothing of it. */
  readonly security: readonly Security[];
}

export interface PlanOptions {
  /** What is planned, for error messages: `GET /users/{user_id}`. */
  readonly owner: string;
  readonly params: Params;
  readonly guards?: readonly Dependency<unknown, string>[];
  readonly around?: readonly Around[];
  /** Names in the path template. */
  readonly pathNames?: readonly string[];
  /** Whether other functions declare the rest of the path. Default `false`. */
  readonly sharesPath?: boolean;
  /** Source of a bare schema: `route` is FastAPI's rule, `task` takes everything from the payload. Default `route`. */
  readonly rule?: 'route' | 'task';
  /** Takes JSON bodies in Pydantic's lax mode. Default `false`. */
  readonly coerceBody?: boolean;
  /** Refuses keys of bodies that their schemas do not know. Default `false`. */
  readonly forbidExtra?: boolean;
  /** Whether the app reads query strings in a way of its own, which may make objects of them. Default `false`. */
  readonly nestedQuery?: boolean;
  /** What stands in for a dependency, in tests. */
  readonly substitute?: (dependency: Dependency<unknown, string>) => Dependency<unknown, string>;
}
