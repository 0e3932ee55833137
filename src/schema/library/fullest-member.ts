import { type Change, type ParseContext, type Payload, replaceParse, type ZodTree } from './zod-tree.ts';

/**
 * Makes a union take the member that keeps most of an object, as Pydantic does: Zod takes the first that fits, and what that does not know
 * is gone. A union whose members one property tells apart has no choice.
 */
export function fullestMember({ _zod: { def } }: ZodTree): Change | undefined {
  const options = def['options'] as readonly ZodTree[] | undefined;
  if (def.type !== 'union' || def['inclusive'] === false || options === undefined) return undefined;
  return options.filter((option) => !scalars.includes(option._zod.def.type)).length < 2
    ? undefined
    : { alter: takeFullest };
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

/** What came of a value: what it is now, or that no member takes it. */
type Outcome = { readonly value: unknown } | 'refused';

function takeFullest(made: ZodTree): void {
  const usual = made._zod.parse;
  const options = made._zod.def['options'] as readonly ZodTree[];
  // Where members hold the union again, each level would else be parsed once for each of them, and all below it twice as often.
  const known: unique symbol = Symbol('outcomes');
  const parse = (given: object, payload: Payload, context: ParseContext): Payload | Promise<Payload> => {
    const first = usual(payload, context);
    return first instanceof Promise
      ? first.then((late) => fullest(late, given, options, context))
      : fullest(first, given, options, context);
  };
  const again = (outcome: Outcome, payload: Payload): Payload => {
    if (outcome !== 'refused') return { value: outcome.value, issues: [] };
    payload.issues.push({ code: 'invalid_union', errors: [], input: payload.value, inst: made });
    return payload;
  };
  replaceParse(made, (payload, context) => {
    const { value: given } = payload;
    if (typeof given !== 'object' || given === null || context.direction === 'backward') return usual(payload, context);
    const outcomes = (context[known] ??= new Map()) as Map<object, Outcome | Promise<Outcome>>;
    const before = outcomes.get(given);
    if (before instanceof Promise) return before.then((outcome) => again(outcome, payload));
    if (before !== undefined) return again(before, payload);
    const parsed = parse(given, payload, context);
    const outcome = parsed instanceof Promise ? parsed.then(outcomeOf) : outcomeOf(parsed);
    // Whoever waits for the parse hears what it throws.
    if (outcome instanceof Promise) outcome.catch(() => {});
    outcomes.set(given, outcome);
    return parsed;
  });
}

function outcomeOf({ value, issues }: Payload): Outcome {
  return issues.length === 0 ? { value } : 'refused';
}

function fullest(
  first: Payload,
  given: object,
  options: readonly ZodTree[],
  context: ParseContext,
): Payload | Promise<Payload> {
  const counted = countsOf(context);
  if (first.issues.length > 0 || counted(given, first.value) >= counted(given, given)) return first;
  const tried = options.map((option) => option._zod.run({ value: given, issues: [] }, context));
  const choose = (results: readonly Payload[]): Payload => {
    for (const result of results)
      if (result.issues.length === 0 && counted(given, result.value) > counted(given, first.value))
        first.value = result.value;
    return first;
  };
  return tried.some((result) => result instanceof Promise)
    ? Promise.all(tried).then(choose)
    : choose(tried as Payload[]);
}

// Deeper than answers go, and where one holds itself.
const deepest = 100;

/** What was counted: of a value, and of what was made of it. */
type Counts = Map<unknown, { readonly given: unknown; readonly count: number }>;

type Count = (given: unknown, made: unknown) => number;

const counter: unique symbol = Symbol('counter');

/**
 * Counts how many members of a value are still there in what was made of it, those of its members included. What one union has counted, those
 * around it need not walk through again: else each level would cost all that is below it.
 */
function countsOf(context: ParseContext): Count {
  const known = context[counter] as Count | undefined;
  if (known !== undefined) return known;
  const counts: Counts = new Map();
  const count: Count = (given, made) => {
    const found = kept(given, made, counts, 0);
    if (isHolder(made)) counts.set(made, { given, count: found });
    return found;
  };
  context[counter] = count;
  return count;
}

function kept(given: unknown, made: unknown, counts: Counts, depth: number): number {
  if (depth > deepest || !isHolder(given) || !isHolder(made)) return 0;
  const known = counts.get(made);
  if (known !== undefined && known.given === given) return known.count;
  if (Array.isArray(given)) {
    if (!Array.isArray(made)) return 0;
    return given.reduce((sum: number, item, index) => sum + kept(item, made[index], counts, depth + 1), 0);
  }
  let count = 0;
  for (const key of Object.keys(given)) {
    if (!Object.hasOwn(made, key)) continue;
    count += 1 + kept(given[key], made[key], counts, depth + 1);
  }
  return count;
}

function isHolder(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
