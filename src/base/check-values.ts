import { inspect } from 'node:util';
import { invalidOption } from './error.ts';
import { isRecord } from './is-record.ts';

/** What the value of an option must be, in words that follow "must be", and whether one is. */
export interface Rule {
  readonly wanted: string;
  readonly fits: (value: unknown) => boolean;
}

/** A rule for each of some options, so that the compiler finds one that has none. */
export type Rules<Options = Readonly<Record<string, unknown>>> = { readonly [Name in keyof Options]-?: Rule };

/**
 * Checks the values of the options that `rules` names; `undefined` is an option that was not given.
 *
 * @throws CortadoError `CORTADO_OPTION_INVALID`, naming `owner`, the option, what it is and what it must be.
 */
export function checkValues(owner: string, options: object, rules: Rules): void {
  for (const name in rules) {
    const value = (options as Readonly<Record<string, unknown>>)[name];
    const { wanted, fits } = rules[name]!;
    if (value === undefined || fits(value)) continue;
    throw invalidOption(`${owner}: ${name} must be ${wanted}, not ${shown(value)}.`);
  }
}

/** A value as messages name it. */
export function shown(value: unknown): string {
  if (typeof value === 'function') return value.name === '' ? 'a function' : `the function ${value.name}`;
  const text = inspect(value, {
    depth: 0,
    breakLength: Number.POSITIVE_INFINITY,
    customInspect: false,
    getters: false,
  });
  return text.length > 100 ? `${text.slice(0, 100)}…` : typeof value === 'string' ? JSON.stringify(value) : text;
}

const isText = (value: unknown): value is string => typeof value === 'string';

export function isBetween(value: unknown, least: number, most: number): boolean {
  return typeof value === 'number' && value >= least && value <= most;
}

/** Node's longest timer. */
const longest = 2 ** 31 - 1;

/** Of an option that is checked where it is used. */
export const anything: Rule = { wanted: 'anything', fits: () => true };
export const string: Rule = { wanted: 'a text', fits: isText };
export const texts: Rule = {
  wanted: "an array of texts, ['a', 'b']",
  fits: (value) => Array.isArray(value) && value.every(isText),
};
export const flag: Rule = { wanted: 'true or false', fits: (value) => typeof value === 'boolean' };
export const object: Rule = { wanted: 'an object', fits: isRecord };
export const objects: Rule = {
  wanted: 'an array of objects',
  fits: (value) => Array.isArray(value) && value.every(isRecord),
};
export const functionRule: Rule = { wanted: 'a function', fits: (value) => typeof value === 'function' };
export const dependencies: Rule = { wanted: 'an array of dependencies, [dependency(fn)]', fits: Array.isArray };
export const arounds: Rule = { wanted: 'an array of functions around, [around(fn)]', fits: Array.isArray };
export const positive: Rule = { wanted: 'more than 0', fits: (value) => typeof value === 'number' && value > 0 };
/** Of a timer. */
export const milliseconds: Rule = {
  wanted: `milliseconds from 1 to ${longest}`,
  fits: (value) => isBetween(value, 1, longest),
};
/** Of what no timer of Node holds, or may be none. */
export const anyMilliseconds: Rule = {
  wanted: 'milliseconds from 0',
  fits: (value) => isBetween(value, 0, Number.MAX_VALUE),
};

/** A number that has no upper end. */
export function atLeast(least: number): Rule {
  return { wanted: `${least} or more`, fits: (value) => isBetween(value, least, Number.POSITIVE_INFINITY) };
}

/** A whole number; `unit` stands before it, `bytes, ` for example. */
export function whole(least: number, unit = '', most: number = Number.MAX_SAFE_INTEGER): Rule {
  const range = most === Number.MAX_SAFE_INTEGER ? `from ${least}` : `from ${least} to ${most}`;
  return {
    wanted: `${unit}a whole number ${range}`,
    fits: (value) => Number.isSafeInteger(value) && isBetween(value, least, most),
  };
}

export function choice(...values: readonly string[]): Rule {
  return {
    wanted: values.map((value) => `'${value}'`).join(' or '),
    fits: (value) => values.includes(value as string),
  };
}

export function orFalse({ wanted, fits }: Rule): Rule {
  return { wanted: `${wanted} or false`, fits: (value) => value === false || fits(value) };
}

export function either(a: Rule, b: Rule): Rule {
  return { wanted: `${a.wanted} or ${b.wanted}`, fits: (value) => a.fits(value) || b.fits(value) };
}
