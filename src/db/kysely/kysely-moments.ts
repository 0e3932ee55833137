import {
  AndNode,
  BinaryOperationNode,
  type DeleteQueryNode,
  type OperationNode,
  OrNode,
  ParensNode,
  type RootOperationNode,
  type SelectQueryNode,
  sql,
  UnaryOperationNode,
  type UpdateQueryNode,
  type ValueNode,
  type WhereNode,
} from 'kysely';
import { momentCondition } from '../model/conditions/moment-condition.ts';
import { type Definitions, nameOf, tableOf } from './fill-in.ts';

type Condition = Parameters<typeof momentCondition>[1];
type Compared = SelectQueryNode | UpdateQueryNode | DeleteQueryNode;

/**
 * A statement for SQLite whose conditions compare columns of dates with dates by what their texts mean, as filters of models do: a text of another program is another text for the
 * same moment.
 */
export function comparingMoments(node: RootOperationNode, definitions: Definitions): RootOperationNode {
  if (node.kind !== 'SelectQueryNode' && node.kind !== 'UpdateQueryNode' && node.kind !== 'DeleteQueryNode')
    return node;
  const { where } = node as Compared & { readonly where?: WhereNode };
  if (where === undefined || !holdsDate(where.where)) return node;
  const tables = tablesOf(node);
  return { ...node, where: { ...where, where: compared(where.where, tables, definitions) } } as RootOperationNode;
}

// What is in a statement, by the name that it has there.
type Tables = ReadonlyMap<string, string>;

function compared(node: OperationNode, tables: Tables, definitions: Definitions): OperationNode {
  const inner = (one: OperationNode): OperationNode => compared(one, tables, definitions);
  if (AndNode.is(node)) return AndNode.create(inner(node.left), inner(node.right));
  if (OrNode.is(node)) return OrNode.create(inner(node.left), inner(node.right));
  if (ParensNode.is(node)) return ParensNode.create(inner(node.node));
  if (UnaryOperationNode.is(node)) return UnaryOperationNode.create(node.operator, inner(node.operand));
  if (!BinaryOperationNode.is(node)) return node;
  const { operator } = node.operator as { readonly operator?: string };
  const value = dateOf(node.rightOperand);
  if (value === undefined || operator === undefined || !isMoment(node.leftOperand, tables, definitions)) return node;
  const condition = conditions(value)[operator];
  if (condition === undefined) return node;
  const column = sql`${{ toOperationNode: () => node.leftOperand } as never}`;
  return momentCondition(column, condition).expression.toOperationNode();
}

function conditions(value: Date): Readonly<Record<string, Condition>> {
  const compare = (operator: '>' | '>=' | '<' | '<='): Condition => ({ kind: 'compare', operator, value });
  const equal: Condition = { kind: 'equal', value };
  return {
    '=': equal,
    '==': equal,
    is: equal,
    'is not distinct from': equal,
    'is distinct from': { kind: 'not', value },
    '>': compare('>'),
    '>=': compare('>='),
    '<': compare('<'),
    '<=': compare('<='),
  };
}

function isMoment(node: OperationNode, tables: Tables, definitions: Definitions): boolean {
  const { column, table } = node as {
    readonly column?: { readonly column?: { readonly name?: string } };
    readonly table?: OperationNode;
  };
  const name = node.kind === 'ReferenceNode' ? column?.column?.name : undefined;
  if (name === undefined) return false;
  const isDate = (of: string): boolean => definitions.get(of)?.byName.get(name)?.kind === 'date';
  if (table !== undefined) return isDate(tables.get(nameOf(table)) ?? '');
  // Of several tables, who knows whose it is.
  const [only] = tables.values();
  return tables.size === 1 && isDate(only!);
}

function tablesOf(node: Compared): Tables {
  const { from, table, joins, using } = node as {
    readonly from?: { readonly froms: readonly OperationNode[] };
    readonly table?: OperationNode;
    readonly joins?: readonly { readonly table: OperationNode }[];
    readonly using?: { readonly tables: readonly OperationNode[] };
  };
  const joined = joins?.map((join) => join.table) ?? [];
  const all = [...(from?.froms ?? []), ...(table === undefined ? [] : [table]), ...(using?.tables ?? []), ...joined];
  return new Map(all.map((one) => [nameOf(one), tableOf(one)]));
}

function dateOf(node: OperationNode): Date | undefined {
  const value = node.kind === 'ValueNode' ? (node as ValueNode).value : undefined;
  return value instanceof Date && !Number.isNaN(value.getTime()) ? value : undefined;
}

// Most conditions hold none, and are left as they are.
function holdsDate(node: OperationNode): boolean {
  if (AndNode.is(node) || OrNode.is(node)) return holdsDate(node.left) || holdsDate(node.right);
  if (ParensNode.is(node)) return holdsDate(node.node);
  if (UnaryOperationNode.is(node)) return holdsDate(node.operand);
  return BinaryOperationNode.is(node) && dateOf(node.rightOperand) !== undefined;
}
