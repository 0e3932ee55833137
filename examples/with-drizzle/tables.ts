// Drizzle has a kind of table per database. An application has one; this example runs on either.
import { integer as pgInteger, pgTable, text as pgText, serial } from 'drizzle-orm/pg-core';
import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';

const sqliteUsers = sqliteTable('users', {
  id: integer().primaryKey({ autoIncrement: true }),
  name: text().notNull(),
  age: integer().notNull(),
});
export const sqliteTables = {
  users: sqliteUsers,
  posts: sqliteTable('posts', {
    id: integer().primaryKey({ autoIncrement: true }),
    authorId: integer()
      .notNull()
      .references(() => sqliteUsers.id),
    title: text().notNull(),
  }),
};

const postgresUsers = pgTable('users', {
  id: serial().primaryKey(),
  name: pgText().notNull(),
  age: pgInteger().notNull(),
});
export const postgresTables = {
  users: postgresUsers,
  posts: pgTable('posts', {
    id: serial().primaryKey(),
    authorId: pgInteger()
      .notNull()
      .references(() => postgresUsers.id),
    title: pgText().notNull(),
  }),
};

/** In a project these are the files of drizzle-kit, run when a version is deployed. */
export function statements(kind: 'sqlite' | 'postgres'): string[] {
  const id = kind === 'sqlite' ? 'integer primary key autoincrement' : 'serial primary key';
  return [
    `create table if not exists users (id ${id}, name text not null, age integer not null)`,
    `create table if not exists posts (id ${id}, "authorId" integer not null references users (id), title text not null)`,
  ];
}
