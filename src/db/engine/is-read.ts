import type { CompiledQuery } from 'kysely';

const writingWords = /\b(insert|update|delete|replace|merge)\b/i;
const readingPragmas =
  /^pragma\s+(table_x?info|table_list|index_x?info|index_list|foreign_key_list|user_version|schema_version)\b[^=;]*;?\s*$/i;

/**
 * Whether a statement only reads, as far as can be told without parsing SQL. In doubt it is taken for one that writes: that costs a
 * transaction, while the other mistake would lose one.
 */
export function isRead({ query, sql }: CompiledQuery): boolean {
  if (query.kind === 'SelectQueryNode') {
    // `for update` locks rows, and PostgreSQL's CTEs may write.
    return (
      (query.endModifiers === undefined || query.endModifiers.length === 0) &&
      (query.with === undefined || !writingWords.test(sql))
    );
  }
  if (query.kind !== 'RawNode') return false;
  const text = sql.trimStart();
  if (/^(select|values|explain)\b/i.test(text))
    return isOneStatement(text) && !/\bfor\s+(no\s+key\s+)?(update|share)\b/i.test(text);
  if (/^with\b/i.test(text)) return isOneStatement(text) && !writingWords.test(text);
  return readingPragmas.test(text);
}

const locking = /\bfor\s+(no\s+key\s+update|update|key\s+share|share)\b/i;

/** Whether a statement reads rows and locks them, as only PostgreSQL can. */
export function locksRows({ query, sql }: CompiledQuery): boolean {
  if (query.kind === 'SelectQueryNode')
    return query.endModifiers?.some(({ modifier = '' }) => /^For/.test(modifier)) === true;
  return query.kind === 'RawNode' && /^\s*select\b/i.test(sql) && locking.test(sql.replace(/'[^']*'|"[^"]*"/g, "''"));
}

function isOneStatement(text: string): boolean {
  return !/;\s*\S/.test(text);
}
