import { dataType } from './column-ddl.ts';
import { type ColumnDifference, describeDifference } from './drift.ts';

/** What a migration does about a column that is not as its field says: statements, or what is to be done by hand. */
export interface ColumnChange {
  readonly up: string;
  /** `undefined` where there is nothing to undo. */
  readonly down: string | undefined;
}

/** How a column becomes what its field says. */
export function columnChange(difference: ColumnDifference, kind: 'sqlite' | 'postgres'): ColumnChange {
  if (difference.column.primary === true) return byHand(difference, 'it is the primary key');
  return kind === 'postgres' ? changeOnPostgres(difference) : changeOnSqlite(difference);
}

function changeOnPostgres(difference: ColumnDifference): ColumnChange {
  const { table, column } = difference;
  const alter = (what: string): string =>
    `  await db.schema.alterTable(${text(table)}).alterColumn(${text(column.name)}, (column) => column.${what}).execute();`;
  switch (difference.kind) {
    case 'column takes NULL, its field does not':
      return {
        up: `  // TODO rows where it is NULL make this fail: fill them in before\n${alter('setNotNull()')}`,
        down: alter('dropNotNull()'),
      };
    case 'field may be empty, its column may not':
      return {
        up: alter('dropNotNull()'),
        down: `  // TODO rows where it is NULL make this fail: fill them in before\n${alter('setNotNull()')}`,
      };
    case 'type differs': {
      const to = dataType(column, 'postgres') as string;
      return {
        up: `  // TODO a value that is no ${to} makes this fail\n${alter(typeChange(column.name, to, difference.found))}`,
        down: alter(typeChange(column.name, difference.found, to)),
      };
    }
  }
}

// Over a text, as PostgreSQL knows no way between many types.
// Moments without a zone are in UTC, and would be taken for those of the zone of the session.
function typeChange(name: string, to: string, from: string): string {
  const zoneless = ['timestamp', 'date'];
  if (zoneless.includes(from) && to.startsWith('timestamptz'))
    return `setDataType(sql\`${to} using ${ref(name)}::timestamp at time zone 'utc'\`)`;
  if (zoneless.includes(to) && from.startsWith('timestamptz'))
    return `setDataType(sql\`${to} using (${ref(name)} at time zone 'utc')::${to}\`)`;
  return `setDataType(sql\`${to} using ${ref(name)}::text::${to}\`)`;
}

// SQLite alters no column. One that may be NULL can be made anew beside the old one; what makes a whole table anew cannot be written here:
// with foreign keys on, dropping the old table deletes what refers to it, and they cannot be switched off in a transaction.
function changeOnSqlite(difference: ColumnDifference): ColumnChange {
  const { table, column, isBound } = difference;
  if (isBound) return byHand(difference, 'it has an index or a foreign key');
  if (!column.nullable) return byHand(difference, 'it must not be NULL');
  const [name, type] = [column.name, dataType(column, 'sqlite') as string];
  const anew = text(`${name}_new`);
  const old = difference.kind === 'type differs' ? `cast(${ref(name)} as ${type})` : ref(name);
  return {
    up: [
      `  await db.schema.alterTable(${text(table)}).addColumn(${anew}, ${text(type)}).execute();`,
      `  await sql\`update \${sql.table(${text(table)})} set ${ref(`${name}_new`)} = ${old}\`.execute(db);`,
      `  await db.schema.alterTable(${text(table)}).dropColumn(${text(name)}).execute();`,
      `  await db.schema.alterTable(${text(table)}).renameColumn(${anew}, ${text(name)}).execute();`,
    ].join('\n'),
    down: `  // TODO "${table}"."${name}": put back by hand what it was`,
  };
}

function byHand(difference: ColumnDifference, why: string): ColumnChange {
  const { table } = difference;
  const lines = [
    `TODO by hand: ${describeDifference(difference)}. This is not altered here, since ${why}.`,
    `Fill in or convert the values, make a table like "${table}" as the model has it, copy the rows, drop "${table}", rename the new one`,
    'and make its indexes. On SQLite run "pragma foreign_keys = off" before, outside of a transaction: dropping the table deletes what refers to it.',
  ];
  return { up: lines.map((line) => `  // ${line}`).join('\n'), down: undefined };
}

function ref(name: string): string {
  return `\${sql.ref(${text(name)})}`;
}

/** A text as it stands in a migration. */
export function text(value: string): string {
  return `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
