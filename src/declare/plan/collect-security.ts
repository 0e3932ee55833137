import { type Dependency, isDependency } from '../dependency.ts';
import type { Security } from '../security.ts';
import type { Params } from '../values.ts';

/** What guards and parameters, and all dependencies below them, say of the credentials that they read; each once. */
export function collectSecurity(guards: readonly Dependency<unknown, string>[], params: Params): readonly Security[] {
  const found = new Set<Security>();
  const seen = new Set<unknown>();
  const visit = (declared: unknown): void => {
    if (!isDependency(declared) || seen.has(declared)) return;
    seen.add(declared);
    if (declared.security !== undefined) found.add(declared.security);
    Object.values(declared.params).forEach(visit);
  };
  [...guards, ...Object.values(params)].forEach(visit);
  return [...found];
}
