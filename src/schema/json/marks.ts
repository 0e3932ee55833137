/** How the marks begin that only Cortado reads; no document shows them. */
export const marks = 'x-cortado-';

/** Set on a schema that lists literal values, which JSON Schema writes like an enumeration. */
export const literalMark = 'x-cortado-literal';

/** Set on a schema whose values are `date` or `bigint` in JavaScript, and a text or a number on the wire. */
export const becomesMark = 'x-cortado-becomes';

/** Set on a schema whose input a function of the app changes first, so that it need not be what the schema takes. */
export const preparedMark = 'x-cortado-prepared';

/** Set on a bigint with constraints: Pydantic's key of each, and its bound as a text. */
export const boundsMark = 'x-cortado-bounds';

/** Set on a schema that documents call by a name. */
export const nameMark = 'x-cortado-name';

/** Whether a mark, of a value or of any, stands anywhere in a schema. */
export function hasMark(json: object, mark: string, value?: string): boolean {
  return JSON.stringify(json).includes(value === undefined ? `"${mark}"` : `"${mark}":"${value}"`);
}

/** Set on a schema of what is absent: no value of JSON. */
export const absentMark = 'x-cortado-absent';
