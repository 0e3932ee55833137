import '../base/process/need-node.ts';

// Databases
export { database } from './database.ts';
export type {
  Database,
  DatabaseOptions,
  DatabaseUse,
  PoolOptions,
  SessionOptions,
  TransactionOptions,
  WatchOptions,
} from './database-contract.ts';
// Errors
export { DatabaseError } from './engine/db-error.ts';
export type { Filter } from './model/conditions/filter.ts';
export type { Operator, TextOptions } from './model/conditions/operators.ts';
// Operators of filters
export { contains, endsWith, gt, gte, lt, lte, noneOf, not, oneOf, startsWith } from './model/conditions/operators.ts';
export type {
  AnyModel,
  FromJson,
  ModelClass,
  ModelInstance,
  ModelOptions,
  NewRow,
  Row,
  Table,
  Tables,
} from './model/model.ts';
export { model } from './model/model.ts';
export type { CursorOptions, CursorPage, Page, PageOptions } from './model/page.ts';
export type { Changes, Order } from './model/query.ts';
export { Query } from './model/query.ts';
export { RowNotFound } from './model/rows/row-not-found.ts';
export type { OnDelete, Referable } from './model/table/column-options.ts';
export type { ColumnSettings, Generated, Primary, ReferenceSettings } from './model/table/columns.ts';
// Models
export { column, createdAt, primaryKey, references, updatedAt, version } from './model/table/columns.ts';
export type { Fields } from './model/table/definition.ts';
// Tables
export type { MigrationState, MigrationStep } from './schema/migrations.ts';
export { Migrations } from './schema/migrations.ts';
export { Session } from './session/session.ts';
