import { type Change, replaceParse, standIn, type ZodTree } from './zod-tree.ts';

const places: Readonly<Record<string, readonly string[]>> = {
  array: ['element'],
  set: ['valueType'],
  record: ['keyType', 'valueType'],
  map: ['keyType', 'valueType'],
};

/**
 * Lets the parse of a list, a set, a record or a map look at no more of its members once so many mistakes are in it: what Zod writes down of each costs
 * more than all else that is done with a body. What is not looked at belongs to what is refused already.
 *
 * @param most How many mistakes are enough.
 */
export function boundedMembers({ _zod: { def } }: ZodTree, most: number): Change | undefined {
  const names = places[def.type];
  return names && { alter: (made) => boundMembers(made, names, most) };
}

function boundMembers(made: ZodTree, names: readonly string[], most: number): void {
  const { parse, def } = made._zod;
  // Of the one that is being parsed: one may hold others of the same schema.
  let issues: readonly unknown[] = [];
  const isOver = (): boolean => issues.length >= most;
  for (const name of names) (def as Record<string, unknown>)[name] = skipping(def[name] as ZodTree, isOver);
  replaceParse(made, (payload, context) => {
    const outer = issues;
    issues = payload.issues;
    try {
      return parse(payload, context);
    } finally {
      issues = outer;
    }
  });
}

/** The schema of a member, which takes it as it is once enough is wrong with others. */
function skipping(schema: ZodTree, isOver: () => boolean): ZodTree {
  return standIn(schema, (payload, context) => (isOver() ? payload : schema._zod.run(payload, context)));
}
