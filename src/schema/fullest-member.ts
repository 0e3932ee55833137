import { type Change, type ParseContext, type Payload, replaceParse, type ZodTree } from './zod-tree.ts';

/**
 * Makes a union take the member that keeps most of an object, as Pydantic does: Zod takes the first that fits, and what that does not know
 * is gone. A union whose members one property tells apart has no choice.
 */
export function fullestMember({ _zod: { def } }: ZodTree): Change | undefined {
  const options = def['options'] as readonly ZodTree[] | undefined;
  if (def.type !== 'union' || def['inclusive'] === false || options === undefined) return undefined;
  return options.filter(mayHoldObjects).length < 2 ? undefined : { alter: takeFullest };
}

const scalars: readonly string[] = [
  'string',
  'number',
  'int',
  'boolean',
  'bigint',
  'date',
  'null',
  'undefined',
  'literal',
  'enum',
  'template_literal',
  'file',
  'never',
  'nan',
  'void',
];

function mayHoldObjects({ _zod: { def } }: ZodTree): boolean {
  return !scalars.includes(def.type);
}

function takeFullest(made: ZodTree): void {
  const usual = made._zod.parse;
  const options = made._zod.def['options'] as readonly ZodTree[];
  // An alternative inside of alternatives would else be tried as often as they have members, for each level.
  const known = new WeakMap<ParseContext, Map<object, unknown>>();
  replaceParse(made, (payload, context) => {
    const { value: given } = payload;
    if (typeof given !== 'object' || given === null || context.direction === 'backward') return usual(payload, context);
    let values = known.get(context);
    if (values === undefined) known.set(context, (values = new Map()));
    else if (values.has(given)) return { value: values.get(given), issues: [] };
    const first = usual(payload, context);
    if (first instanceof Promise) return first.then((late) => fullest(late, given, options, context, values));
    return fullest(first, given, options, context, values);
  });
}

function fullest(
  first: Payload,
  given: object,
  options: readonly ZodTree[],
  context: ParseContext,
  values: Map<object, unknown>,
): Payload | Promise<Payload> {
  if (first.issues.length > 0) return first;
  const keep = (chosen: Payload): Payload => {
    first.value = chosen.value;
    values.set(given, chosen.value);
    return first;
  };
  if (kept(given, first.value, 0) >= kept(given, given, 0)) return keep(first);
  const tried = options.map((option) => option._zod.run({ value: given, issues: [] }, context));
  const choose = (results: readonly Payload[]): Payload => {
    let best = first;
    for (const result of results)
      if (result.issues.length === 0 && kept(given, result.value, 0) > kept(given, best.value, 0)) best = result;
    return keep(best);
  };
  return tried.some((result) => result instanceof Promise)
    ? Promise.all(tried).then(choose)
    : choose(tried as Payload[]);
}

// Deeper than answers go, and where one holds itself.
const deepest = 100;

/** How many members of a value are still there in what was made of it, those of its members included. */
function kept(given: unknown, made: unknown, depth: number): number {
  if (depth > deepest || !isHolder(given) || !isHolder(made)) return 0;
  if (Array.isArray(given)) {
    if (!Array.isArray(made)) return 0;
    return given.reduce((sum: number, item, index) => sum + kept(item, made[index], depth + 1), 0);
  }
  let count = 0;
  for (const key of Object.keys(given)) {
    if (!Object.hasOwn(made, key)) continue;
    count += 1 + kept(given[key], made[key], depth + 1);
  }
  return count;
}

function isHolder(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
