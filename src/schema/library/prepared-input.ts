import type { Change, ZodTree } from './zod-tree.ts';

/**
 * Has a function that prepares its input, as in `z.preprocess()`, get what was sent, and coerces what it gives: as Pydantic does around a
 * `BeforeValidator`, and not before it, where the function would find a number in place of the text.
 *
 * @param coercionOf Compiles how a schema's input is coerced.
 */
export function preparedInput(
  { _zod: { def } }: ZodTree,
  coercionOf: (schema: ZodTree) => (value: unknown) => unknown,
): Change | undefined {
  const before = def['in'] as ZodTree | undefined;
  if (def.type !== 'pipe' || before?._zod.def.type !== 'transform') return undefined;
  const coerce = coercionOf(def['out'] as ZodTree);
  const prepare = before._zod.def['transform'] as (value: unknown, payload: unknown) => unknown;
  const transform = (value: unknown, payload: unknown): unknown => {
    const made = prepare(value, payload);
    return made instanceof Promise ? made.then(coerce) : coerce(made);
  };
  return { def: { in: new before._zod.constr({ ...before._zod.def, transform }) } };
}
