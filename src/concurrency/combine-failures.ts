/**
 * What a group of works failed with: the first failure alone, or an `AggregateError` with it as its cause where others failed for reasons
 * of their own. A sibling that ended because it was told to did not.
 */
export function combineFailures(owner: string, failures: readonly unknown[], reason: unknown): unknown {
  const [first] = failures;
  const own = new Set(failures.filter((failure) => failure === first || !isEcho(failure, reason)));
  if (own.size === 1) return first;
  return new AggregateError([...own], `${own.size} works of a ${owner} failed`, { cause: first });
}

function isEcho(failure: unknown, reason: unknown): boolean {
  return failure === reason || (failure as Partial<Error> | null)?.name === 'AbortError';
}
