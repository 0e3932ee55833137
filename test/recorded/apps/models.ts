// Schemas that several chapters share.
import { z } from 'zod';
import { App, type AppOptions } from '../../../src/index.ts';
import { optional } from '../../../src/values/index.ts';

export { optional } from '../../../src/values/index.ts';

/** An application as the chapters want it: silent, and lax with JSON as Pydantic is. */
export function tutorial(options: AppOptions = {}): App {
  return new App({ logger: false, coerceBody: true, ...options });
}

/** A tutorial's number, and the application of that tutorial. */
export type Chapter = Readonly<Record<string, () => App>>;

/** Python's `set[str]`; sorted, as the recordings are compared sorted. */
export const textSet = z.array(z.string()).transform((texts) => [...new Set(texts)].sort());

export const text = z.string();
export const optionalText = optional(z.string());

export const Item = z
  .object({ name: z.string(), description: optionalText, price: z.number(), tax: optional(z.number()) })
  .meta({ id: 'Item' });
