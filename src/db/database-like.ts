/** A database of `cortado/db`, as far as choosing a place to keep something needs to know it. */
export interface DatabaseLike {
  readonly kind: 'sqlite' | 'postgres';
  readonly kysely: object;
}

export function isDatabase(choice: object): choice is DatabaseLike {
  return 'kysely' in choice && '~location' in choice;
}
