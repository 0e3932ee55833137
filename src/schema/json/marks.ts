/** How the marks begin that only Cortado reads; no document shows them. */
export const marks = 'x-cortado-';

/** Set on a schema that lists literal values, which JSON Schema writes like an enumeration. */
export const literalMark = 'x-cortado-literal';

/** Set on a schema whose values are a `date`, `bigint`, `decimal`, `set` or `map` in JavaScript, and a text, a number, a list or an object on the wire. */
export const becomesMark = 'x-cortado-becomes';

/** Set on a schema of values that are read by a format of Cortado's own, whatever the document says of their texts. */
export const formatMark = 'x-cortado-format';

/** Set on a schema whose input a function of the app changes first, so that it need not be what the schema takes. */
export const preparedMark = 'x-cortado-prepared';

/** Set on a bigint with constraints: Pydantic's key of each, and its bound as a text. */
export const boundsMark = 'x-cortado-bounds';

/** Set on a schema that documents call by a name. */
export const nameMark = 'x-cortado-name';

/** Set on a union whose members a property tells apart: the name of that property. */
export const discriminatorMark = 'x-cortado-discriminator';

/** Whether a mark, of a value or of any, stands anywhere in a schema. */
export function hasMark(json: object, mark: string, value?: string): boolean {
  return JSON.stringify(json).includes(value === undefined ? `"${mark}"` : `"${mark}":"${value}"`);
}

/** Set on a schema of what is absent: no value of JSON. */
export const absentMark = 'x-cortado-absent';

/** Set on the alternative `null` of what may be left out, which documents show as one of two, as FastAPI does. */
export const orNullMark = 'x-cortado-or-null';
