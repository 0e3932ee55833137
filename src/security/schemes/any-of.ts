import { shown } from '../../base/check-values.ts';
import { invalidOption } from '../../base/error.ts';
import type { Dependency } from '../../declare/dependency.ts';
import { alternativesOf } from '../../declare/security.ts';
import type { RequestContext } from '../../http/request/context.ts';
import { type Reader, readerOf, readingDependency } from './scheme.ts';

type ValueOf<D> = D extends Dependency<infer T> ? T : never;

interface Found {
  readonly reader: Reader;
  readonly credential: unknown;
}

/**
 * Takes one of several credentials: the first scheme that finds its own on the request decides, and its value is the value. What it turns down
 * is a 401, whatever else was sent. Without any of them it answers 401 with the challenges of all, unless one of them is `optional`.
 *
 * The document has them as alternatives: a list of `security`, one of which a client needs.
 *
 * @param schemes Two or more schemes of `cortado/security`, in the order in which they are looked for.
 * @throws CortadoError `CORTADO_OPTION_INVALID` at declaration.
 * @example
 * ```ts
 * const user = anyOf(
 *   httpBearer({ verify: (token) => userOf(token) }),
 *   apiKey({ in: 'header', name: 'x-api-key', verify: (key) => machines.get(key) }),
 * );
 * app.get('/orders', { params: { user } }, ({ user }) => ordersOf(user));
 * ```
 */
export function anyOf<const S extends readonly Dependency<unknown>[]>(...schemes: S): Dependency<ValueOf<S[number]>> {
  if (schemes.length < 2)
    throw invalidOption('anyOf(): expected two schemes or more, anyOf(httpBearer(), apiKey({ … })) for example.');
  const readers = schemes.map(checkedReader);
  const [first, ...others] = schemes.flatMap(({ security }) => alternativesOf(security!));
  const optional = readers.some((reader) => reader.optional);
  const reader: Reader = {
    challenge: [...new Set(readers.map(({ challenge }) => challenge))].join(', '),
    optional,
    read: (context) => find(readers, context),
    decide: (found, context) => (found as Found).reader.decide((found as Found).credential, context),
  };
  const name = `anyOf(${schemes.map(({ name }) => name).join(', ')})`;
  return readingDependency(reader, { ...first!, optional, alternatives: others }, name, false);
}

function checkedReader(scheme: Dependency<unknown>): Reader {
  const reader = typeof scheme === 'object' && scheme !== null ? readerOf(scheme) : undefined;
  if (reader !== undefined) return reader;
  throw invalidOption(`anyOf(): expected schemes of cortado/security, httpBearer() for example, not ${shown(scheme)}.`);
}

function find(readers: readonly Reader[], context: RequestContext): Found | undefined {
  for (const reader of readers) {
    const credential = reader.read(context);
    if (credential !== undefined) return { reader, credential };
  }
  return undefined;
}
