import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { Params } from './values.ts';

/** Where a function around a route stands: outside of all that a request opens, or inside, right around the handler. */
export type AroundPlace = 'outside' | 'inside';

/** A function around a route. `Names` are the inputs that it reads itself. */
export interface Around<out Names extends string = string> {
  readonly kind: 'around';
  readonly name: string;
  readonly params: Params;
  readonly place: AroundPlace;
  /** Whether it also stands around what is no route of the app's own. */
  readonly everywhere: boolean;
  /** Schemas of the headers that it adds to a successful answer, for the documentation. */
  readonly responseHeaders: Readonly<Record<string, StandardSchemaV1>>;
  readonly run: (values: never, context: never, next: never) => unknown;
  readonly '~names'?: Names;
}

export function isAround(value: unknown): value is Around {
  return typeof value === 'object' && value !== null && (value as { kind?: unknown }).kind === 'around';
}
