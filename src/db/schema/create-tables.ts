import { type ColumnDefinitionBuilder, type CreateTableBuilder, type Kysely, sql } from 'kysely';
import type { OnDelete } from '../model/table/column-options.ts';
import type { Column } from '../model/table/column-type.ts';
import type { ModelDefinition } from '../model/table/definition.ts';
import type { AnyTables, DatabaseKind } from '../model/table/home.ts';
import { modelError } from '../model/table/model-error.ts';
import { dataType } from './column-ddl.ts';

// Any number that is Cortado's own: processes that start at the same time make their tables one after another.
const lock = 6_013_907;

/** Makes the tables, indexes and constraints of models that are not there yet, and leaves alone what is. */
export async function createTables(
  db: Kysely<AnyTables>,
  definitions: readonly ModelDefinition[],
  kind: DatabaseKind,
): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    if (kind === 'postgres') await sql`select pg_advisory_xact_lock(${sql.lit(lock)})`.execute(transaction);
    for (const definition of inOrder(definitions)) await createTable(transaction, definition, kind);
  });
}

async function createTable(db: Kysely<AnyTables>, definition: ModelDefinition, kind: DatabaseKind): Promise<void> {
  const { schema } = db;
  const { table } = definition;
  let builder = schema.createTable(table).ifNotExists() as CreateTableBuilder<string, string>;
  for (const column of definition.columns)
    builder = builder.addColumn(column.name, dataType(column, kind), (made) => constraints(made, column, kind));
  await builder.execute();
  for (const { name, columns, unique } of indexesOf(definition)) {
    const index = schema
      .createIndex(name)
      .ifNotExists()
      .on(table)
      .columns([...columns]);
    await (unique ? index.unique() : index).execute();
  }
}

export interface IndexPlan {
  readonly name: string;
  readonly columns: readonly string[];
  readonly unique: boolean;
}

/** The indexes that a model's table has beside its primary key. */
export function indexesOf({ table, columns, unique, indexes }: ModelDefinition): IndexPlan[] {
  const plan = (list: readonly string[], isUnique: boolean): IndexPlan => ({
    name: `${table}_${list.join('_')}_${isUnique ? 'key' : 'idx'}`,
    columns: list,
    unique: isUnique,
  });
  return [
    ...columns.filter((column) => column.unique === true).map(({ name }) => plan([name], true)),
    ...unique.map((list) => plan(list, true)),
    ...columns
      .filter((column) => column.index === true && column.unique !== true)
      .map(({ name }) => plan([name], false)),
    ...indexes.map((list) => plan(list, false)),
  ];
}

function constraints(made: ColumnDefinitionBuilder, column: Column, kind: DatabaseKind): ColumnDefinitionBuilder {
  let builder = made;
  if (column.primary === true) builder = builder.primaryKey();
  if (column.generated === true)
    builder = kind === 'sqlite' ? builder.autoIncrement() : builder.generatedByDefaultAsIdentity();
  if (!column.nullable) builder = builder.notNull();
  const reference = referenceOf(column);
  return reference === undefined ? builder : builder.references(reference.target).onDelete(reference.onDelete);
}

export interface Reference {
  /** `table.column`, as Kysely writes it. */
  readonly target: string;
  readonly onDelete: OnDelete;
}

/** What a column refers to. */
export function referenceOf({ name, references, onDelete = 'no action' }: Column): Reference | undefined {
  if (references === undefined) return undefined;
  const { table, primary } = references().definition;
  if (primary === undefined)
    throw modelError(`field "${name}" refers to the table "${table}", which has no primary key.`);
  return { target: `${table}.${primary.name}`, onDelete };
}

/**
 * Tables that are referred to before those that refer to them, as PostgreSQL wants it. A circle is left as it is: SQLite takes it,
 * PostgreSQL says what is wrong.
 */
export function inOrder(definitions: readonly ModelDefinition[]): ModelDefinition[] {
  const ordered = new Set<ModelDefinition>();
  const visit = (definition: ModelDefinition, above: readonly ModelDefinition[]): void => {
    if (ordered.has(definition) || above.includes(definition)) return;
    for (const { references } of definition.columns) {
      const target =
        references === undefined ? undefined : definitions.find(({ table }) => table === references().definition.table);
      if (target !== undefined) visit(target, [...above, definition]);
    }
    ordered.add(definition);
  };
  for (const definition of definitions) visit(definition, []);
  return [...ordered];
}
