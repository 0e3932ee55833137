import { dataType } from './column-ddl.ts';
import { type ColumnDifference, type Difference, describeDifference } from './drift.ts';
import type { ForeignKeyDifference } from './foreign-keys.ts';

/** What a migration does about a column that is not as its field says: statements, or a throw until it is written by hand. */
export interface ColumnChange {
  readonly up: string;
  readonly down: string;
}

/** How a column becomes what its field says. */
export function columnChange(difference: ColumnDifference, kind: 'sqlite' | 'postgres'): ColumnChange {
  if (difference.column.primary === true) return byHand(difference, 'it is the primary key');
  return kind === 'postgres' ? changeOnPostgres(difference) : changeOnSqlite(difference);
}

function changeOnPostgres(difference: ColumnDifference): ColumnChange {
  const { table, column } = difference;
  const alter = (what: string): string =>
    `  await db.schema.alterTable(${quotedText(table)}).alterColumn(${quotedText(column.name)}, (column) => column.${what}).execute();`;
  const strict = `  // TODO rows where it is NULL make this fail: fill them in before\n${alter('setNotNull()')}`;
  const lenient = alter('dropNotNull()');
  switch (difference.kind) {
    case 'column takes NULL, its field does not':
      return { up: strict, down: lenient };
    case 'field may be empty, its column may not':
      return { up: lenient, down: strict };
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
  const anew = quotedText(`${name}_new`);
  const old = difference.kind === 'type differs' ? `cast(${ref(name)} as ${type})` : ref(name);
  return {
    up: [
      `  await db.schema.alterTable(${quotedText(table)}).addColumn(${anew}, ${quotedText(type)}).execute();`,
      `  await sql\`update \${sql.table(${quotedText(table)})} set ${ref(`${name}_new`)} = ${old}\`.execute(db);`,
      `  await db.schema.alterTable(${quotedText(table)}).dropColumn(${quotedText(name)}).execute();`,
      `  await db.schema.alterTable(${quotedText(table)}).renameColumn(${anew}, ${quotedText(name)}).execute();`,
    ].join('\n'),
    down: unwritten([`"${table}"."${name}": put back what it was`]),
  };
}

function byHand(difference: (ColumnDifference | ForeignKeyDifference) & Difference, why: string): ColumnChange {
  const { table } = difference;
  const lines = [
    `${describeDifference(difference)}. This is not altered here, since ${why}.`,
    `Fill in or convert the values, make a table like "${table}" as the model has it, copy the rows, drop "${table}", rename the new one`,
    'and make its indexes. On SQLite run "pragma foreign_keys = off" before, outside of a transaction: dropping the table deletes what refers to it.',
  ];
  return { up: unwritten(lines), down: unwritten([`"${table}"."${difference.column.name}": put back what it was`]) };
}

/** Makes a foreign key as the model has it; SQLite has no statement for that. */
export function foreignKeyChange(difference: ForeignKeyDifference, kind: 'sqlite' | 'postgres'): ColumnChange {
  const { table, column, wanted, found } = difference;
  if (kind === 'sqlite') return byHand(difference, 'SQLite alters no foreign key');
  const own = `${table}_${column.name}_fkey`;
  const drop = (name: string): string =>
    `  await db.schema.alterTable(${quotedText(table)}).dropConstraint(${quotedText(name)}).execute();`;
  const add = (name: string, target: string, onDelete: string): string => {
    const [targetTable = '', targetColumn = ''] = target.split('.');
    return `  await db.schema.alterTable(${quotedText(table)}).addForeignKeyConstraint(${quotedText(name)}, [${quotedText(column.name)}], ${quotedText(targetTable)}, [${quotedText(targetColumn)}]).onDelete(${quotedText(onDelete)}).execute();`;
  };
  const warning = '  // TODO rows that refer to nothing make this fail: mend them before\n';
  const made = `${warning}${add(own, wanted.target, wanted.onDelete)}`;
  if (found?.name === undefined) return { up: made, down: drop(own) };
  return {
    up: `${drop(found.name)}\n${made}`,
    down: `${drop(own)}\n${add(found.name, found.target, found.onDelete)}`,
  };
}

/** What stands in a migration where somebody has to write it: run as it is, it must not count as done. */
export function unwritten([first = '', ...more]: readonly string[]): string {
  const comments = more.map((line) => `  // ${line}`);
  return [
    `  // TODO by hand: ${first}`,
    ...comments,
    `  throw new Error(${quotedText(`Write this by hand: ${first}`)});`,
  ].join('\n');
}

function ref(name: string): string {
  return `\${sql.ref(${quotedText(name)})}`;
}

export function quotedText(value: string): string {
  return `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
