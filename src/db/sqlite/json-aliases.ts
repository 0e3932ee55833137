import type { CompiledQuery, OperationNode } from 'kysely';

interface Selection {
  readonly selection?: {
    readonly kind: string;
    readonly alias?: { readonly name?: string };
    readonly node?: OperationNode;
  };
}

const helper = /^\(select (coalesce\(json_group_array\(json_object\(|json_object\()/;

/** Names of result columns that `jsonArrayFrom` and `jsonObjectFrom` made: SQLite gives them as text. */
export function jsonAliases({ query }: CompiledQuery): readonly string[] {
  const selections = (query as { readonly selections?: readonly Selection[] }).selections;
  return selections?.flatMap(({ selection }) => aliasOf(selection) ?? []) ?? [];
}

function aliasOf(selection: Selection['selection']): string | undefined {
  if (selection?.kind !== 'AliasNode' || selection.node?.kind !== 'RawNode') return undefined;
  const [start = ''] = (selection.node as OperationNode & { readonly sqlFragments: readonly string[] }).sqlFragments;
  return helper.test(start) ? selection.alias?.name : undefined;
}

/** Parses such columns in place. */
export function parseAliased(rows: readonly unknown[], aliases: readonly string[]): void {
  for (const row of rows as Record<string, unknown>[])
    for (const alias of aliases) if (typeof row[alias] === 'string') row[alias] = JSON.parse(row[alias]);
}
