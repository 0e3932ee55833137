// PostgreSQL keeps a prepared statement per name and connection, so there must not be one for every text that ever was.
const mostNames = 300;

/** Names for prepared statements, one per text. */
export class StatementNames {
  readonly #names = new Map<string, string>();
  #made = 0;

  /** The name for a text, or `undefined` when there are enough. */
  of(sql: string): string | undefined {
    let name = this.#names.get(sql);
    if (name === undefined && this.#names.size < mostNames) this.#names.set(sql, (name = `cortado_${++this.#made}`));
    return name;
  }

  /** Gives all texts new names: their tables have changed. */
  renew(): void {
    this.#names.clear();
  }
}
