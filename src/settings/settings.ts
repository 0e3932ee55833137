import { inspect } from 'node:util';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { checkOptions } from '../base/check-options.ts';
import { type Rules, string, texts } from '../base/check-values.ts';
import { invalidOption } from '../base/error.ts';
import { isRecord } from '../base/is-record.ts';
import { hasPassword, shownUrl } from '../base/show/shown-url.ts';
import { checkAtOnce, compileField } from '../schema/field.ts';
import type { Issue } from '../schema/issues/issue.ts';
import { variablesOfFiles } from './read-files.ts';
import { SettingsError } from './settings-error.ts';
import { variablesOf } from './variables.ts';

/** Options of {@link settings}. */
export interface SettingsOptions<T> {
  /** `.env` files, from the working directory on; of a variable in several the last counts, and the environment before all. One that is not there is no mistake. */
  readonly files?: readonly string[];
  /** What all variables begin with: `'SHOP_'` reads `databaseUrl` from `SHOP_DATABASE_URL`. */
  readonly prefix?: string;
  /** Settings that never print, besides those whose names say it: passwords, secrets, tokens, keys. */
  readonly secrets?: readonly (keyof T & string)[];
  /** The variables. Default: `process.env`. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

const rules: Rules<Required<SettingsOptions<unknown>>> = {
  files: texts,
  prefix: string,
  secrets: texts,
  environment: { wanted: 'an object of texts', fits: isRecord },
};

/**
 * Reads the settings of an app from the environment, checked by a schema: one frozen object, or an error with all that is wrong.
 *
 * `databaseUrl` is read from `DATABASE_URL`; a list from `a,b` or JSON, an object from JSON or from a variable for each member, `REDIS__HOST`.
 * Texts are coerced as those of a query are. Printed, logged or turned into JSON, secrets are not shown.
 *
 * @param schema An object schema of any Standard Schema library with JSON Schema; it must validate synchronously.
 * @throws SettingsError (`CORTADO_SETTINGS_INVALID`) with every mistake; `CORTADO_SCHEMA_UNDESCRIBED`, `CORTADO_OPTION_INVALID`.
 * @example
 * ```ts
 * export const config = settings(
 *   z.object({ databaseUrl: z.url(), port: z.int().default(8000), origins: z.array(z.url()).default([]), jwtSecret: z.string().min(32) }),
 *   { files: ['.env'] },
 * );
 * ```
 * @see FastAPI's chapter on settings, https://fastapi.tiangolo.com/advanced/settings/
 */
export function settings<S extends StandardSchemaV1<unknown, object>>(
  schema: S,
  options: SettingsOptions<StandardSchemaV1.InferOutput<S>> = {},
): Readonly<StandardSchemaV1.InferOutput<S>> {
  checkOptions('settings()', options, rules);
  const { files = [], prefix = '', secrets = [], environment = process.env } = options;
  const field = compileField(schema, 'text', 'settings()');
  if (field.shape !== 'object')
    throw invalidOption('settings(): its schema is of an object, z.object({ … }) for example.');
  const variables = variablesOf(field.json, prefix);
  const { values, wrong } = variables.read({ ...variablesOfFiles(files), ...environment });
  const issues: Issue[] = [];
  const value = checkAtOnce(field, 'settings()')(values, [], issues);
  const all = [
    ...wrong,
    ...issues
      .map(({ type, loc, msg }) => ({ type, loc: variables.placeOf(loc), msg }))
      // Of what is no JSON nothing else need be said.
      .filter(({ loc }) => !wrong.some((one) => one.loc[0] === loc[0])),
  ];
  if (all.length > 0) throw new SettingsError(all, ['the environment', ...files].join(', '));
  return sealed(value as Record<string, unknown>, new Set(secrets)) as Readonly<StandardSchemaV1.InferOutput<S>>;
}

/** Freezes an object, its members included, and has it print without its secrets. */
function sealed(given: Record<string, unknown>, secrets: ReadonlySet<string>): object {
  // A schema may have frozen it already, Zod's `.readonly()` for example.
  const value = Object.isExtensible(given) ? given : { ...given };
  for (const member of Object.values(value)) freeze(member);
  const print = (): unknown => shownMembers(value, secrets);
  for (const name of [inspect.custom, 'toJSON']) Object.defineProperty(value, name, { value: print });
  return Object.freeze(value);
}

function freeze(value: unknown): void {
  // Others, a Date or a URL for example, have their state elsewhere.
  if (!Array.isArray(value) && !isPlain(value)) return;
  Object.freeze(value);
  for (const member of Object.values(value)) freeze(member);
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return isRecord(value) && [Object.prototype, null].includes(Object.getPrototypeOf(value));
}

const secretName = /pass(?:word|phrase|wd)?$|secret|token|credential|(?:api|private|signing|encryption)_?key|dsn$/i;
const hidden = '[hidden]';

function shownMembers(value: Readonly<Record<string, unknown>>, secrets: ReadonlySet<string>): object {
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name,
      member !== undefined && (secrets.has(name) || secretName.test(name)) ? hidden : shownMember(member),
    ]),
  );
}

function shownMember(value: unknown): unknown {
  if (typeof value === 'string' || value instanceof URL) return hasPassword(String(value)) ? shownUrl(value) : value;
  if (Array.isArray(value)) return value.map(shownMember);
  return isPlain(value) ? shownMembers(value, new Set()) : value;
}
