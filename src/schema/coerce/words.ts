import type { Issue } from '../issues/issue.ts';

/** What is wrong with a value, as Pydantic says it. */
export type Words = Pick<Issue, 'type' | 'msg' | 'ctx'>;

/** An issue that may be one of a schema of Cortado's own, which has Pydantic's words. By a text: Zod keeps no symbols of an issue. */
export interface OwnIssue {
  readonly pydantic?: Words;
}

/** Of a value of another type. */
export const wrongType = {
  string: { type: 'string_type', msg: 'Input should be a valid string' },
  number: { type: 'float_type', msg: 'Input should be a valid number' },
  int: { type: 'int_type', msg: 'Input should be a valid integer' },
  bigint: { type: 'int_type', msg: 'Input should be a valid integer' },
  boolean: { type: 'bool_type', msg: 'Input should be a valid boolean' },
  date: { type: 'datetime_type', msg: 'Input should be a valid datetime' },
  array: { type: 'list_type', msg: 'Input should be a valid list' },
  tuple: { type: 'tuple_type', msg: 'Input should be a valid tuple' },
  set: { type: 'set_type', msg: 'Input should be a valid set' },
  record: { type: 'dict_type', msg: 'Input should be a valid dictionary' },
  map: { type: 'dict_type', msg: 'Input should be a valid dictionary' },
  object: {
    type: 'model_attributes_type',
    msg: 'Input should be a valid dictionary or object to extract fields from',
  },
  null: { type: 'none_required', msg: 'Input should be None' },
  never: { type: 'extra_forbidden', msg: 'Extra inputs are not permitted' },
  nonoptional: { type: 'missing', msg: 'Field required' },
} as const;

/** Of a text, where texts are read. */
export const unread = {
  number: { type: 'float_parsing', msg: 'Input should be a valid number, unable to parse string as a number' },
  int: { type: 'int_parsing', msg: 'Input should be a valid integer, unable to parse string as an integer' },
  bigint: { type: 'int_parsing', msg: 'Input should be a valid integer, unable to parse string as an integer' },
  boolean: { type: 'bool_parsing', msg: 'Input should be a valid boolean, unable to interpret input' },
} as const;

export const missing: Words = wrongType.nonoptional;

/** Of a number that is no integer. */
export const fractional: Words = {
  type: 'int_from_float',
  msg: 'Input should be a valid integer, got a number with a fractional part',
};

/** Of a number that JSON has not. */
export const infinite: Words = { type: 'finite_number', msg: 'Input should be a finite number' };

/** Of an integer that is none of the safe ones, or longer than is read. */
export const tooLarge: Words = {
  type: 'int_parsing_size',
  msg: 'Unable to parse input string as an integer, exceeded maximum size',
};

/** Pydantic's constraints: the key of each in `ctx`, its type and its words. */
const constraints = {
  multiple_of: ['multiple_of', 'a multiple of'],
  le: ['less_than_equal', 'less than or equal to'],
  lt: ['less_than', 'less than'],
  ge: ['greater_than_equal', 'greater than or equal to'],
  gt: ['greater_than', 'greater than'],
} as const;

export type Constraint = keyof typeof constraints;

/** Of a number, a date or the like for which a constraint does not hold. */
export function boundWords(key: Constraint, bound: unknown): Words {
  const [type, words] = constraints[key];
  return { type, msg: `Input should be ${words} ${bound}`, ctx: { [key]: bound } };
}

export function textLengthWords(isShort: boolean, bound: number): Words {
  return {
    type: isShort ? 'string_too_short' : 'string_too_long',
    msg: `String should have at ${isShort ? 'least' : 'most'} ${bound} character${bound === 1 ? '' : 's'}`,
    ctx: { [isShort ? 'min_length' : 'max_length']: bound },
  };
}

/** Of too few or too many members; `length` is `null` where it is not known. */
export function lengthWords(what: string, isShort: boolean, bound: number, length: number | null): Words {
  return {
    type: isShort ? 'too_short' : 'too_long',
    msg: `${what} should have at ${isShort ? 'least' : 'most'} ${bound} item${bound === 1 ? '' : 's'} after validation, not ${length ?? 'more'}`,
    ctx: { field_type: what, [isShort ? 'min_length' : 'max_length']: bound, actual_length: length },
  };
}

export function patternWords(pattern: string): Words {
  return { type: 'string_pattern_mismatch', msg: `String should match pattern '${pattern}'`, ctx: { pattern } };
}

export function choiceWords(values: readonly unknown[], type = 'literal_error'): Words {
  const shown = values.map(quoted);
  const expected = shown.length < 2 ? shown.join('') : `${shown.slice(0, -1).join(', ')} or ${shown.at(-1)}`;
  return { type, msg: `Input should be ${expected}`, ctx: { expected } };
}

/** Of an object whose property `by` says that it is none of the alternatives. */
export function tagWords(by: string, tag: string, tags: readonly unknown[]): Words {
  const expected = tags.map((value) => `'${String(value)}'`).join(', ');
  return {
    type: 'union_tag_invalid',
    msg: `Input tag '${tag}' found using '${by}' does not match any of the expected tags: ${expected}`,
    ctx: { discriminator: `'${by}'`, tag, expected_tags: expected },
  };
}

/** A value as Python shows it. */
export function quoted(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`;
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  return value === null ? 'None' : String(value);
}
