import type { Column } from '../model/table/column-type.ts';
import type { ModelDefinition } from '../model/table/definition.ts';
import { columnChange, foreignKeyChange, quotedText, unwritten } from './column-change.ts';
import { dataType } from './column-ddl.ts';
import { type IndexPlan, indexesOf, inOrder, referenceOf } from './create-tables.ts';
import { type Difference, describeDifference } from './drift.ts';
import type { ForeignKeyDifference } from './foreign-keys.ts';

/**
 * The text of a migration that makes what the models have and the database has not. What cannot be made without losing or inventing
 * data stands in it as a comment, to be thought about.
 */
export function migrationText(differences: readonly Difference[], kind: 'sqlite' | 'postgres'): string {
  const missing = differences.filter((difference) => difference.kind === 'table is missing');
  const tables = inOrder(missing.map(({ definition }) => definition));
  const columns = differences.filter((difference) => difference.kind === 'column is missing');
  const indexes = differences.filter((difference) => difference.kind === 'index is missing');
  const unknown = differences.filter((difference) => difference.kind === 'column is unknown and required');
  const changes = [
    ...differences.filter((difference) => 'isBound' in difference).map((difference) => columnChange(difference, kind)),
    ...differences.filter(isOfForeignKey).map((difference) => foreignKeyChange(difference, kind)),
  ];
  const moments = differences.filter((difference) => difference.kind === 'moments are in another form');
  const up = [
    ...tables.flatMap((definition) => createTable(definition, kind)),
    ...columns.map(({ table, column }) => addColumn(table, column, kind)),
    ...changes.map((change) => change.up),
    ...moments.map(({ table, column }) => rewriteMoments(table, column.name)),
    ...indexes.map(({ table, index }) => addIndex(table, index)),
    ...unknown.map((difference) =>
      unwritten([`${describeDifference(difference)}. Drop it, give it a default, or add it to the model.`]),
    ),
  ];
  const down = [
    ...indexes.toReversed().map(({ index }) => `  await db.schema.dropIndex(${quotedText(index.name)}).execute();`),
    ...moments.map(({ table, column }) => `  // "${table}"."${column.name}": nothing to undo, as either form is read.`),
    ...changes.toReversed().map((change) => change.down),
    ...columns
      .toReversed()
      .map(
        ({ table, column }) =>
          `  await db.schema.alterTable(${quotedText(table)}).dropColumn(${quotedText(column.name)}).execute();`,
      ),
    ...tables.toReversed().map(({ table }) => `  await db.schema.dropTable(${quotedText(table)}).execute();`),
  ];
  const uses = [...up, ...down].some((line) => line.includes('sql`')) ? '{ type Kysely, sql }' : 'type { Kysely }';
  return `import ${uses} from 'kysely';

/** The kind of database that it is for. */
export const database = '${kind}';

export async function up(db: Kysely<unknown>): Promise<void> {
${up.join('\n') || `  await db.schema;\n${unwritten(empty)}`}
}

export async function down(db: Kysely<unknown>): Promise<void> {
${down.join('\n') || `  await db.schema;\n${unwritten(['how to undo it'])}`}
}
`;
}

const empty = [
  'what is to change',
  'The tables are as the models say, so there was nothing to write. Where createSchema has made them, it is the database that is ahead:',
  'make the first migration against an empty one, and take createSchema off.',
];

function createTable(definition: ModelDefinition, kind: 'sqlite' | 'postgres'): string[] {
  const { table, columns } = definition;
  const lines = columns.map((column) => `    .addColumn(${columnArguments(column, kind)})`);
  const indexes = indexesOf(definition).map((index) => createIndex(table, index));
  return [
    `  await db.schema\n    .createTable(${quotedText(table)})\n${lines.join('\n')}\n    .execute();`,
    ...indexes,
  ];
}

function createIndex(table: string, { name, columns, unique }: IndexPlan): string {
  return `  await db.schema.createIndex(${quotedText(name)}).on(${quotedText(table)}).columns([${columns.map(quotedText).join(', ')}])${unique ? '.unique()' : ''}.execute();`;
}

function addIndex(table: string, index: IndexPlan): string {
  const warning = index.unique ? '  // TODO rows with the same values make this fail: part them before\n' : '';
  return `${warning}${createIndex(table, index)}`;
}

function isOfForeignKey(difference: Difference): difference is ForeignKeyDifference {
  return difference.kind === 'foreign key is missing' || difference.kind === 'foreign key differs';
}

// What SQLite takes for no moment stays as it is.
function rewriteMoments(table: string, name: string): string {
  const column = `\${sql.ref(${quotedText(name)})}`;
  const moment = `strftime('%Y-%m-%dT%H:%M:%fZ', ${column})`;
  return [
    '  // Moments as the model writes them; those without a zone are in UTC.',
    `  await sql\`update \${sql.table(${quotedText(table)})} set ${column} = ${moment} where ${moment} is not null\`.execute(db);`,
  ].join('\n');
}

function addColumn(table: string, column: Column, kind: 'sqlite' | 'postgres'): string {
  // Rows that are there have no value for it.
  const known = column.nullable ? undefined : defaultOf(column, kind);
  const remark = column.nullable
    ? ''
    : known === undefined
      ? '  // TODO rows that exist need a value: add .defaultTo(…), or fill it in before it is NOT NULL\n'
      : '  // Rows that exist get what the model gives new ones.\n';
  return `${remark}  await db.schema.alterTable(${quotedText(table)}).addColumn(${columnArguments(column, kind, known)}).execute();`;
}

// What the model gives a new row, as code; nothing where that is another value each time, an id or a date for example.
function defaultOf({ makeDefault, kind }: Column, database: 'sqlite' | 'postgres'): string | undefined {
  const value = makeDefault?.();
  if (kind === 'json' || value !== makeDefault?.()) return undefined;
  if (typeof value === 'string') return quotedText(value);
  if (typeof value === 'boolean') return String(database === 'sqlite' ? Number(value) : value);
  return typeof value === 'number' ? String(value) : undefined;
}

function columnArguments(column: Column, kind: 'sqlite' | 'postgres', known?: string): string {
  const calls: string[] = [];
  if (column.primary === true) calls.push('primaryKey()');
  if (column.generated === true) calls.push(kind === 'sqlite' ? 'autoIncrement()' : 'generatedByDefaultAsIdentity()');
  if (!column.nullable) calls.push('notNull()');
  if (known !== undefined) calls.push(`defaultTo(${known})`);
  const reference = referenceOf(column);
  if (reference !== undefined)
    calls.push(`references(${quotedText(reference.target)}).onDelete(${quotedText(reference.onDelete)})`);
  const chain = calls.length === 0 ? '' : `, (column) => column.${calls.join('.')}`;
  return `${quotedText(column.name)}, '${dataType(column, kind)}'${chain}`;
}
