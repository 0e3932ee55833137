import { shown } from '../../base/check-values.ts';
import { invalidOption } from '../../base/error.ts';
import { isSchema } from '../../schema/standard.ts';

/** Throws where a value has something inside that JSON does not, and says where. */
export function checkJson(owner: string, value: unknown, path = '', above: readonly unknown[] = []): void {
  if (value === undefined && path === '') return;
  if (value === null || typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value)) return;
  const isPlain =
    typeof value === 'object' && [Object.prototype, Array.prototype, null].includes(Object.getPrototypeOf(value));
  if (isSchema(value))
    throw invalidOption(
      `${owner}: ${path} is a schema, which responses and requestBody take; here it must be JSON Schema.`,
    );
  if (!isPlain || above.includes(value))
    throw invalidOption(
      `${owner}${path === '' ? '' : `: ${path}`} must be a value of JSON, not ${above.includes(value) ? 'one that holds itself' : shown(value)}.`,
    );
  for (const [key, member] of Object.entries(value as object))
    checkJson(owner, member, path === '' ? key : `${path}.${key}`, [...above, value]);
}
