import type { Account } from './account.ts';
import type { Random } from './random.ts';

/** Something that goes wrong, and what is promised to whoever is told of success meanwhile. */
export interface Scenario {
  /** In kebab-case, its part first: `postgres-stops`. `--only` finds it by any part of it. */
  readonly name: string;
  /** One sentence without a full stop, in the present tense. */
  readonly promise: string;
  /** Why it cannot run here; `undefined` where it can. */
  readonly skip?: () => string | undefined;
  /** Milliseconds after which it has failed: in the short form, and in the whole. Default two and a half minutes, and ten. */
  readonly limit?: { readonly short: number; readonly whole: number };
  /** Effects may happen twice: the storage and what is written are in two places. */
  readonly atLeastOnce?: boolean;
  /** Starts what it needs, breaks it, stops it again, and puts down what clients were told and what was there in the end. */
  readonly run: (context: Context, account: Account) => Promise<void>;
}

/** What a scenario is given. */
export interface Context {
  readonly isShort: boolean;
  /** The same numbers for the same seed. */
  readonly random: Random;
  /** Fires when time is up. */
  readonly signal: AbortSignal;
  /** How much of something: little in the short form. */
  readonly size: (short: number, whole: number) => number;
}

/** How a scenario ended. */
export interface Report {
  readonly scenario: Scenario;
  /** Why it did not run. */
  readonly skipped?: string;
  readonly account: Account;
  readonly seconds: number;
}
