import {
  BinaryOperationNode,
  ColumnNode,
  ColumnUpdateNode,
  type InsertQueryNode,
  type OperationNode,
  OperatorNode,
  ReferenceNode,
  type RootOperationNode,
  TableNode,
  type UpdateQueryNode,
  ValueListNode,
  ValueNode,
  ValuesNode,
} from 'kysely';
import type { Column } from '../model/table/column-type.ts';
import type { ModelDefinition } from '../model/table/definition.ts';
import { encoded } from '../model/table/held-values.ts';

/** Definitions of the models by table. */
export type Definitions = ReadonlyMap<string, ModelDefinition>;

/**
 * What is written through Kysely, treated as a model would: JSON columns are encoded, defaults and times are filled in. So both styles write
 * the same rows.
 */
export function filledIn(node: RootOperationNode, definitions: Definitions): RootOperationNode {
  if (node.kind === 'InsertQueryNode') {
    const definition = definitions.get(node.into?.table.identifier.name ?? '');
    return definition === undefined ? node : filledInsert(node, definition);
  }
  if (node.kind === 'UpdateQueryNode') {
    const definition = definitions.get(tableOf(node.table));
    return definition === undefined ? node : filledUpdate(node, definition);
  }
  return node;
}

function filledInsert(node: InsertQueryNode, definition: ModelDefinition): InsertQueryNode {
  if (node.values?.kind !== 'ValuesNode' || node.columns === undefined) return node;
  const names = node.columns.map(({ column }) => column.name);
  const given = names.map((name) => definition.byName.get(name));
  const missing = definition.columns.filter((column) => isFilledIn(column) && !names.includes(column.name));
  const now = new Date();
  const rows = (node.values as ValuesNode).values.map((row) =>
    ValueListNode.create([
      ...row.values.map((value, index) =>
        insertedValue(value, row.kind === 'PrimitiveValueListNode', given[index], now),
      ),
      ...missing.map((column) => ValueNode.create(encoded(column, filling(column, now)))),
    ]),
  );
  const updates = node.onConflict?.updates;
  return {
    ...node,
    columns: [...node.columns, ...missing.map(({ name }) => ColumnNode.create(name))],
    values: ValuesNode.create(rows),
    ...(updates !== undefined && {
      onConflict: { ...node.onConflict!, updates: filledUpdates(updates, definition, definition.table) },
    }),
  };
}

function insertedValue(value: unknown, isPrimitive: boolean, column: Column | undefined, now: Date): OperationNode {
  const node = (isPrimitive ? ValueNode.create(value) : value) as OperationNode;
  if (column === undefined) return node;
  if (node.kind === 'DefaultInsertValueNode' && isFilledIn(column))
    return ValueNode.create(encoded(column, filling(column, now)));
  return encodedNode(column, node);
}

function filledUpdate(node: UpdateQueryNode, definition: ModelDefinition): UpdateQueryNode {
  if (node.updates === undefined) return node;
  return { ...node, updates: filledUpdates(node.updates, definition, nameOf(node.table)) };
}

function filledUpdates(
  updates: readonly ColumnUpdateNode[],
  definition: ModelDefinition,
  table: string,
): ColumnUpdateNode[] {
  const names = updates.map(({ column }) => columnName(column));
  const encodedUpdates = updates.map((update, index) => {
    const column = definition.byName.get(names[index]!);
    return column === undefined ? update : ColumnUpdateNode.create(update.column, encodedNode(column, update.value));
  });
  const times = definition.columns.filter(({ name, now }) => now === 'update' && !names.includes(name));
  return [
    ...encodedUpdates,
    ...times.map(({ name }) => ColumnUpdateNode.create(ColumnNode.create(name), ValueNode.create(new Date()))),
    ...counted(definition.version, names, table),
  ];
}

// Of its table: beside a row that is in the way, PostgreSQL knows two columns of that name.
function counted(version: Column | undefined, names: readonly string[], table: string): ColumnUpdateNode[] {
  if (version === undefined || names.includes(version.name)) return [];
  const column = ColumnNode.create(version.name);
  const one = BinaryOperationNode.create(
    ReferenceNode.create(column, TableNode.create(table)),
    OperatorNode.create('+'),
    ValueNode.createImmediate(1),
  );
  return [ColumnUpdateNode.create(column, one)];
}

function isFilledIn({ now, version, makeDefault }: Column): boolean {
  return now !== undefined || version === true || makeDefault !== undefined;
}

function filling({ now, version, makeDefault }: Column, time: Date): unknown {
  if (version === true) return 1;
  return now === undefined ? makeDefault?.() : time;
}

function encodedNode(column: Column, node: OperationNode): OperationNode {
  return node.kind === 'ValueNode' ? ValueNode.create(encoded(column, (node as ValueNode).value)) : node;
}

function columnName(node: OperationNode): string {
  const { column } = node as { column?: { name?: string; column?: { name?: string } } };
  return column?.name ?? column?.column?.name ?? '';
}

/** The name that a table has in a statement. */
export function nameOf(node: OperationNode | undefined): string {
  if (node?.kind !== 'AliasNode') return tableOf(node);
  return (node as { alias?: { name?: string } }).alias?.name ?? '';
}

/** The table itself, whatever the statement calls it. */
export function tableOf(node: OperationNode | undefined): string {
  if (node?.kind === 'AliasNode') return tableOf((node as { node?: OperationNode }).node);
  return (node as { table?: { identifier?: { name: string } } } | undefined)?.table?.identifier?.name ?? '';
}
