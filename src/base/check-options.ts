import { CortadoError } from './error.ts';

/** Throws when `options` has a key that is not in `known`, and lists the known ones. `owner` names the culprit in the message. */
export function checkOptions(owner: string, options: object, known: readonly string[]): void {
  for (const key of Object.keys(options)) {
    if (!known.includes(key)) {
      throw new CortadoError(
        'CORTADO_OPTION_UNKNOWN',
        `${owner}: unknown option "${key}". Known options: ${known.join(', ')}.`,
      );
    }
  }
}
