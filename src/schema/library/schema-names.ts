// Not in Zod's registry, which takes each name once in a process: apps, and tests, have models of the same name.
const names = new WeakMap<object, () => string | undefined>();

/** Gives a schema the name that documents call it by; asked for when it is documented, as a model learns its own later. */
export function nameSchema(schema: object, name: () => string | undefined): void {
  names.set(schema, name);
}

export function nameOfSchema(schema: object): string | undefined {
  return names.get(schema)?.();
}
