import type { FieldDef } from 'pg';
import { DatabaseError } from '../../engine/db-error.ts';
import type { ResultShape } from './result-shape.ts';

/** A BEGIN that goes ahead of a statement in the same message: when it fails, so does the statement, and that has not run. */
export interface Begin {
  readonly text: string;
  /** Called when there is no transaction after all: nothing was sent, or PostgreSQL did not begin it. */
  readonly onLost: (wasSent: boolean) => void;
}

export interface StatementOptions {
  readonly text: string;
  readonly values?: readonly unknown[] | undefined;
  /** The name that it is prepared under; none where it is not. */
  readonly name?: string | undefined;
  readonly begin?: Begin | undefined;
}

/** What statements need of the pool that sends them. */
export interface StatementHost {
  readonly prepareValue: (value: unknown) => string | Buffer | null;
  readonly shapeOf: (fields: readonly FieldDef[]) => ResultShape;
}

/** `pg`'s side of a connection, as far as a statement needs it. */
interface Connection {
  readonly stream: { cork(): void; uncork(): void };
  readonly parsedStatements: Record<string, string | undefined>;
  readonly submittedNamedStatements: Record<string, string | undefined>;
  query(text: string): void;
  parse(what: { readonly text: string; readonly name: string | undefined }): void;
  bind(what: { readonly statement?: string | undefined; readonly values?: readonly unknown[] }): void;
  describe(what: { readonly type: 'P'; readonly name: string }): void;
  execute(): void;
  sync(): void;
}

type Done = (error: unknown, statement?: PostgresStatement) => void;

// The shapes of what was prepared on a connection. PostgreSQL refuses to run a prepared statement whose rows would look otherwise.
const shapes = new WeakMap<Connection, Map<string, ResultShape | undefined>>();

/**
 * A statement that `pg` sends, with its answer once it is done. It does what `pg`'s own class does in less: one write, rows made in one
 * pass, and no description of rows that is known already.
 */
export class PostgresStatement {
  // `pg` reads `name` and `text`, and may wrap `callback`.
  name: string | undefined;
  readonly text: string;
  callback: Done;
  /** The rows; not called `rows`, which to `pg` is a limit. */
  found: Record<string, unknown>[] = [];
  /** What PostgreSQL says that it did, `INSERT 0 1` for example. */
  tag = '';
  shape: ResultShape | undefined;
  readonly #host: StatementHost;
  readonly #options: StatementOptions;
  #hasBegun: boolean;
  #isDescribed = false;
  #isParsed = true;
  #failure: unknown;

  constructor(host: StatementHost, options: StatementOptions, done: Done) {
    this.#host = host;
    this.#options = options;
    this.text = options.text;
    this.callback = done;
    this.#hasBegun = options.begin === undefined;
    // By its name `pg` notes what has been parsed, and the BEGIN ahead is parsed, too.
    this.name = this.#hasBegun ? options.name : undefined;
  }

  submit(connection: Connection): unknown {
    const { text, name, begin, values = [] } = this.#options;
    try {
      checkStatement(text, values);
      if (name === undefined && begin === undefined && values.length === 0) connection.query(text);
      else this.#submitExtended(connection, values.map(this.#host.prepareValue));
      return null;
    } catch (error) {
      begin?.onLost(false);
      // Handed to `handleError` later on, when the next statement may have begun the transaction.
      this.#hasBegun = true;
      return error;
    }
  }

  handleRowDescription({ fields }: { readonly fields: readonly FieldDef[] }): void {
    this.found = [];
    this.shape = this.#host.shapeOf(fields);
  }

  handleDataRow({ fields }: { readonly fields: readonly (string | null)[] }): void {
    if (this.#failure !== undefined) return;
    try {
      this.found.push(this.shape!.row(fields));
    } catch (error) {
      this.#failure = error;
    }
  }

  handleCommandComplete({ text }: { readonly text: string }): void {
    if (this.#hasBegun) this.tag = text;
    else {
      this.#hasBegun = true;
      this.name = this.#options.name;
    }
  }

  handleEmptyQuery(): void {}

  handleReadyForQuery(connection: Connection): void {
    const { name } = this;
    if (this.#isDescribed && name !== undefined) shapesOf(connection).set(name, this.shape);
    if (this.#failure === undefined) this.callback(null, this);
    else this.callback(this.#failure);
  }

  handleError(error: unknown, connection: Connection): void {
    const { name, begin } = this.#options;
    if (!this.#hasBegun) {
      begin?.onLost(true);
      if (!this.#isParsed && name !== undefined) delete connection.submittedNamedStatements[name];
    }
    this.callback(error);
  }

  #submitExtended(connection: Connection, values: readonly (string | Buffer | null)[]): void {
    const { text, name, begin } = this.#options;
    const known = name === undefined ? undefined : shapes.get(connection);
    this.#isParsed = name !== undefined && isPrepared(connection, name);
    this.#isDescribed = !(this.#isParsed && known?.has(name!) === true);
    if (!this.#isDescribed) this.shape = known!.get(name!);
    // All of it in one write.
    connection.stream.cork();
    try {
      if (begin !== undefined) {
        connection.parse({ text: begin.text, name: undefined });
        connection.bind({});
        connection.execute();
      }
      if (!this.#isParsed) connection.parse({ text, name });
      connection.bind({ statement: name, values });
      if (this.#isDescribed) connection.describe({ type: 'P', name: '' });
      connection.execute();
      connection.sync();
    } finally {
      connection.stream.uncork();
    }
    if (!this.#isParsed && name !== undefined) connection.submittedNamedStatements[name] = text;
  }
}

// The protocol counts values in two bytes, and ends texts with a NUL: what stands behind one would be taken for another message.
function checkStatement(text: string, values: readonly unknown[]): void {
  if (values.length > mostValues)
    throw new DatabaseError(
      'CORTADO_DB_QUERY',
      `A statement of PostgreSQL takes at most ${mostValues} values, and this has ${values.length}: send it in parts.`,
    );
  if (text.includes('\0'))
    throw new DatabaseError('CORTADO_DB_QUERY', 'A statement cannot hold a NUL character; values can be bound to it.');
}

const mostValues = 65_535;

/** Makes `pg` take statements for its own. It refuses others on a connection where several are under way, as they may hold a cursor open. */
export function adoptStatement(query: { readonly prototype: object }): void {
  Object.setPrototypeOf(PostgresStatement.prototype, query.prototype);
}

function isPrepared({ parsedStatements, submittedNamedStatements }: Connection, name: string): boolean {
  return parsedStatements[name] !== undefined || submittedNamedStatements[name] !== undefined;
}

function shapesOf(connection: Connection): Map<string, ResultShape | undefined> {
  let known = shapes.get(connection);
  if (known === undefined) shapes.set(connection, (known = new Map()));
  return known;
}
