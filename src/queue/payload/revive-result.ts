import type { StandardSchemaV1 } from '@standard-schema/spec';
import { compileNode } from '../../schema/coerce/compile-node.ts';
import { coercing } from '../../schema/coerce/walk.ts';
import { describeSchema } from '../../schema/describe-schema.ts';
import { becomesMark, hasMark } from '../../schema/json/marks.ts';

type Revive = (value: unknown) => unknown;

const known = new WeakMap<StandardSchemaV1, Revive>();
const asItIs: Revive = (value) => value;

/** What a result is that was read from JSON, where `returns` has bigints: JSON writes a small one as any other number. */
export function reviveResult(returns: StandardSchemaV1 | undefined, value: unknown): unknown {
  if (returns === undefined) return value;
  let revive = known.get(returns);
  if (revive === undefined) known.set(returns, (revive = reviverOf(returns)));
  return revive(value);
}

function reviverOf(returns: StandardSchemaV1): Revive {
  try {
    const json = describeSchema(returns, 'output', 'returns');
    if (!hasMark(json, becomesMark, 'bigint')) return asItIs;
    // All others stay what JSON has: texts and lists.
    const node = compileNode(
      JSON.parse(
        JSON.stringify(json, (key, member) => (key === becomesMark && member !== 'bigint' ? undefined : member)),
      ),
    );
    return (value) => node(value, coercing(false, undefined));
  } catch {
    // Nobody knows what it gives, a transform for example.
    return asItIs;
  }
}
