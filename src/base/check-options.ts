import { checkValues, type Rules, shown } from './check-values.ts';
import { CortadoError, invalidOption } from './error.ts';

/**
 * Checks options: the names of `rules` are all that there are, and each value must fit its rule. Names alone are for options whose values are
 * checked where they are used.
 *
 * @throws CortadoError `CORTADO_OPTION_UNKNOWN` with the known names, `CORTADO_OPTION_INVALID`; `owner` names the culprit.
 */
export function checkOptions(owner: string, options: object, rules: Rules | readonly string[]): void {
  const known = Array.isArray(rules) ? (rules as readonly string[]) : Object.keys(rules);
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    throw invalidOption(`${owner}: its options are an object, { ${known[0]}: … } for example, not ${shown(options)}.`);
  for (const key of Object.keys(options)) {
    if (known.includes(key)) continue;
    const meant = closest(key, known);
    throw new CortadoError(
      'CORTADO_OPTION_UNKNOWN',
      `${owner}: unknown option "${key}". Known options: ${known.join(', ')}.${meant === undefined ? '' : ` Did you mean "${meant}"?`}`,
    );
  }
  if (known !== rules) checkValues(owner, options, rules as Rules);
}

/** The known name that is a typing mistake or two away from `key`, if there is one. */
function closest(key: string, known: readonly string[]): string | undefined {
  const most = key.length < 5 ? 1 : 2;
  const distances = known.map((name) => distance(key.toLowerCase(), name.toLowerCase()));
  const least = Math.min(...distances);
  return least <= most ? known[distances.indexOf(least)] : undefined;
}

/** Letters to add, to leave out, to exchange or to swap with their neighbour: Damerau and Levenshtein's distance. */
function distance(a: string, b: string): number {
  let [before, last] = [[] as number[], Array.from({ length: b.length + 1 }, (_, at) => at)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const isSame = a[i - 1] === b[j - 1];
      row[j] = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + (isSame ? 0 : 1));
      if (a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) row[j] = Math.min(row[j]!, before[j - 2]! + 1);
    }
    [before, last] = [last, row];
  }
  return last[b.length]!;
}
