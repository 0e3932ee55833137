import { createHash } from 'node:crypto';

// PostgreSQL keeps a prepared statement per name and connection, so there must not be one for every text that ever was.
const mostNames = 300;

/**
 * Names for prepared statements, made of their texts: a pooler may hand one connection to several processes, and where a name meant one text
 * here and another there, one process would get the rows of the other.
 */
export class StatementNames {
  readonly #names = new Map<string, string>();
  #generation = 0;

  /** The name for a text, or `undefined` when there are enough. */
  of(sql: string): string | undefined {
    let name = this.#names.get(sql);
    if (name === undefined && this.#names.size < mostNames)
      this.#names.set(sql, (name = `cortado_${hash(sql)}_${this.#generation}`));
    return name;
  }

  /** Gives all texts new names: their tables have changed. */
  renew(): void {
    this.#names.clear();
    this.#generation++;
  }
}

// PostgreSQL looks at the first 63 bytes of a name.
function hash(sql: string): string {
  return createHash('sha256').update(sql).digest('base64url').slice(0, 32);
}
