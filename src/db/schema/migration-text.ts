import type { Column } from '../model/column-type.ts';
import type { ModelDefinition } from '../model/definition.ts';
import { dataTypeText } from './column-ddl.ts';
import { indexesOf, inOrder, referenceOf } from './create-tables.ts';
import { type Difference, describeDifference } from './drift.ts';

/**
 * The text of a migration that makes what the models have and the database has not. What cannot be made without losing or inventing
 * data stands in it as a comment, to be thought about.
 */
export function migrationText(differences: readonly Difference[], kind: 'sqlite' | 'postgres'): string {
  const missing = differences.filter((difference) => difference.kind === 'table is missing');
  const tables = inOrder(missing.map(({ definition }) => definition));
  const columns = differences.filter((difference) => difference.kind === 'column is missing');
  const rest = differences.filter(({ kind: what }) => what !== 'table is missing' && what !== 'column is missing');
  const up = [
    ...tables.flatMap((definition) => createTable(definition, kind)),
    ...columns.map(({ table, column }) => addColumn(table, column, kind)),
    ...rest.map((difference) => `  // TODO ${describeDifference(difference)}`),
  ];
  const down = [
    ...columns
      .toReversed()
      .map(
        ({ table, column }) =>
          `  await db.schema.alterTable(${text(table)}).dropColumn(${text(column.name)}).execute();`,
      ),
    ...tables.toReversed().map(({ table }) => `  await db.schema.dropTable(${text(table)}).execute();`),
  ];
  return `import type { Kysely } from 'kysely';

export async function up(db: Kysely<unknown>): Promise<void> {
${up.join('\n') || '  await db.schema; // TODO what is to change'}
}

export async function down(db: Kysely<unknown>): Promise<void> {
${down.join('\n') || '  await db.schema; // TODO how to undo it'}
}
`;
}

function createTable(definition: ModelDefinition, kind: 'sqlite' | 'postgres'): string[] {
  const { table, columns } = definition;
  const lines = columns.map((column) => `    .addColumn(${columnArguments(column, kind)})`);
  const indexes = indexesOf(definition).map(
    ({ name, columns: names, unique }) =>
      `  await db.schema.createIndex(${text(name)}).on(${text(table)}).columns([${names.map(text).join(', ')}])${unique ? '.unique()' : ''}.execute();`,
  );
  return [`  await db.schema\n    .createTable(${text(table)})\n${lines.join('\n')}\n    .execute();`, ...indexes];
}

function addColumn(table: string, column: Column, kind: 'sqlite' | 'postgres'): string {
  // Rows that are there have no value for it.
  const warning = column.nullable
    ? ''
    : `  // TODO rows that exist need a value: add .defaultTo(…), or fill it in before it is NOT NULL\n`;
  return `${warning}  await db.schema.alterTable(${text(table)}).addColumn(${columnArguments(column, kind)}).execute();`;
}

function columnArguments(column: Column, kind: 'sqlite' | 'postgres'): string {
  const calls: string[] = [];
  if (column.primary === true) calls.push('primaryKey()');
  if (column.generated === true) calls.push(kind === 'sqlite' ? 'autoIncrement()' : 'generatedByDefaultAsIdentity()');
  if (!column.nullable) calls.push('notNull()');
  const reference = referenceOf(column);
  if (reference !== undefined)
    calls.push(`references(${text(reference.target)}).onDelete(${text(reference.onDelete)})`);
  const chain = calls.length === 0 ? '' : `, (column) => column.${calls.join('.')}`;
  return `${text(column.name)}, ${dataTypeText(column, kind)}${chain}`;
}

function text(value: string): string {
  return `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
