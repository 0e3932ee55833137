import { resolve } from 'node:path';

/** Takes `--before PATH`, an earlier checkout to be measured beside this one, out of the arguments. */
export function withoutBefore(args: readonly string[]): { before: string | undefined; rest: readonly string[] } {
  const at = args.indexOf('--before');
  if (at === -1) return { before: undefined, rest: args };
  const path = args[at + 1];
  if (path === undefined) throw new Error('Say which checkout: --before PATH.');
  return { before: resolve(path), rest: args.toSpliced(at, 2) };
}
