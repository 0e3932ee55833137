import type { Compilable, CompiledQuery } from 'kysely';

// A model has a handful; this many come only of orders that clients choose.
const mostShapes = 200;

/** A model's statements by their shape: two that differ only in their values are compiled once. */
export class CompiledStatements {
  readonly #byShape = new Map<string, CompiledQuery<unknown>>();

  /**
   * The statement of a shape with these values.
   *
   * @param values In the order of the statement's parameters; a statement that has others is compiled each time.
   */
  get<R>(shape: string, values: readonly unknown[], build: () => Compilable<R>): CompiledQuery<R> {
    const known = this.#byShape.get(shape);
    if (known !== undefined) return { ...known, parameters: values } as CompiledQuery<R>;
    const compiled = build().compile();
    const { parameters } = compiled;
    if (parameters.length === values.length && parameters.every((value, at) => value === values[at])) {
      if (this.#byShape.size >= mostShapes) this.#byShape.clear();
      this.#byShape.set(shape, compiled);
    }
    return compiled;
  }
}
