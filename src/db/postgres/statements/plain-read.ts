import type { CompiledQuery } from 'kysely';
import { isRead } from '../../engine/is-read.ts';

// What stands before a parenthesis in SQL without being a function, and functions that only compute.
const harmless = new Set(
  `select from where and or not in exists any all some as on using join lateral union intersect except values over filter within by
  when then else case having limit offset distinct array row is between like ilike interval with recursive materialized
  count sum avg min max coalesce nullif greatest least lower upper length trim ltrim rtrim substr substring position replace concat concat_ws
  abs round floor ceil ceiling mod power sqrt sign cast date_trunc date_part extract age to_char to_timestamp make_interval
  row_number rank dense_rank percent_rank ntile lag lead first_value last_value
  array_agg string_agg bool_and bool_or json_agg jsonb_agg json_object_agg jsonb_object_agg json_build_object jsonb_build_object
  json_build_array jsonb_build_array to_json to_jsonb row_to_json json_array_elements jsonb_array_elements jsonb_array_length
  unnest generate_series cardinality array_length regexp_replace split_part left right md5 char varchar numeric decimal timestamptz timestamp`
    .split(/\s+/)
    .filter((word) => word !== ''),
);
const mostRemembered = 1000;
const remembered = new Map<string, boolean>();

/**
 * Whether a statement reads, and has no effect that belongs to a transaction: under `read committed`, where every statement sees what was
 * committed when it began, it gives the same rows outside of one. A function that is not known may have an effect (`set_config`,
 * `nextval`, one of your own).
 */
export function isPlainRead(query: CompiledQuery): boolean {
  let plain = remembered.get(query.sql);
  if (plain === undefined) {
    plain = isRead(query) && callsNothingUnknown(query.sql);
    if (remembered.size >= mostRemembered) remembered.clear();
    remembered.set(query.sql, plain);
  }
  return plain;
}

function callsNothingUnknown(sql: string): boolean {
  for (const [, name] of sql.matchAll(/(?<![\w$.])([\w$.]+|")\s*\(/g))
    if (!harmless.has(name!.toLowerCase())) return false;
  return true;
}
