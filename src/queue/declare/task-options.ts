import type { StandardSchemaV1 } from '@standard-schema/spec';
import { checkOptions } from '../../base/check-options.ts';
import {
  anything,
  either,
  flag,
  functionRule,
  object,
  positive,
  type Rules,
  texts,
  whole,
} from '../../base/check-values.ts';
import { CortadoError } from '../../base/error.ts';
import { checkParams } from '../../declare/check-params.ts';
import type { Inputs, Params } from '../../declare/values.ts';
import { isSchema } from '../../schema/standard.ts';
import { type Backoff, type BackoffFunction, backoffFunction } from './backoff.ts';
import { longestWait } from './time-range.ts';

/** Options of `queue.task`. */
export interface TaskOptions<P extends Params, S extends StandardSchemaV1 | undefined> {
  /** Its inputs: schemas are read from the payload, dependencies injected as for routes. */
  readonly params?: P;
  /** Schema of what it returns: validates and filters it, and types the result. */
  readonly returns?: S;
  /** The queue that it goes to. Default `default`. */
  readonly queue?: string;
  /** Higher is more urgent. Default 0. */
  readonly priority?: number;
  /** How often it runs again after a failure. Default 0. */
  readonly retries?: number;
  /** How long it waits for that. Default: from one second, doubled each time, up to ten minutes, with jitter. */
  readonly backoff?: Backoff | BackoffFunction;
  /** Whether a failure is worth a retry. Default: every one, but for input that is invalid. */
  readonly retryIf?: (error: unknown) => boolean;
  /** Milliseconds that one run may take; then its signal fires and it has failed. Default: no limit. */
  readonly timeout?: number;
  /** Milliseconds after which it is not started any more. Default: never. */
  readonly expires?: number;
  /** `true` refuses a second one with the same input until the first is over; a function makes the key of the input. Default `false`. */
  readonly unique?: boolean | ((input: Inputs<P>) => string);
}

/** Options of `queue.remote`. */
export interface RemoteTaskOptions<P extends Params, S extends StandardSchemaV1 | undefined> extends TaskOptions<P, S> {
  /** Inputs that Python takes by position only, in this order. Default: all are sent by name. */
  readonly positional?: readonly (keyof P & string)[];
}

const above0 = { ...positive, wanted: 'milliseconds above 0' };
const lifetime = {
  wanted: `milliseconds above 0, at most ${longestWait}`,
  fits: (value: unknown) => positive.fits(value) && (value as number) <= longestWait,
};
const rules: Rules<TaskOptions<never, undefined>> = {
  params: object,
  returns: { wanted: 'a Standard Schema, z.object({ … }) for example', fits: isSchema },
  queue: anything,
  priority: { wanted: 'a whole number', fits: Number.isInteger },
  retries: whole(0),
  backoff: anything,
  retryIf: functionRule,
  timeout: above0,
  expires: lifetime,
  unique: either(flag, functionRule),
};

export interface TaskSettings
  extends Required<Pick<TaskOptions<Params, undefined>, 'params' | 'queue' | 'priority' | 'retries' | 'retryIf'>> {
  readonly returns: StandardSchemaV1 | undefined;
  readonly backoff: BackoffFunction;
  readonly timeout: number | undefined;
  readonly expires: number | undefined;
  readonly unique: boolean | ((input: never) => string);
}

export function taskSettings(owner: string, options: TaskOptions<never, StandardSchemaV1 | undefined>): TaskSettings {
  checkParams(owner, options?.params);
  checkOptions(owner, options, rules);
  const { params = {}, returns, queue = 'default', priority = 0, retries = 0, timeout, expires } = options;
  checkName(owner, queue);
  return {
    params,
    returns,
    queue,
    priority,
    retries,
    backoff: backoffFunction(owner, options.backoff),
    retryIf: options.retryIf ?? (() => true),
    timeout,
    expires,
    unique: options.unique ?? false,
  };
}

export function checkPositional(owner: string, positional: readonly string[] | undefined): void {
  checkOptions(owner, { positional }, { positional: texts });
}

/** Refuses names of tasks, queues and schedules that some engine could not carry. */
export function checkName(owner: string, name: unknown): void {
  if (typeof name !== 'string' || !/^[A-Za-z0-9_][\w.-]{0,99}$/.test(name)) {
    throw new CortadoError(
      'CORTADO_TASK_NAME',
      `${owner}: the name ${JSON.stringify(name)} must be 1 to 100 letters, digits, "_", "-" and ".".`,
    );
  }
}
