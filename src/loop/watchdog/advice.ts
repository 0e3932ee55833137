import type { Sighting } from '../measure/sighting.ts';

/** What to do instead of blocking, in lines. */
export function adviseOn({ call, advice, stack }: Sighting): string[] {
  if (call !== undefined) return [`${call}() holds up everybody until it is done.`, advice ?? onThread];
  const top = topOf(stack);
  const known = builtIn.find(([pattern]) => pattern.test(top));
  if (known !== undefined) return [...known[1]];
  return ['It computes on the loop.', onThread];
}

const onThread = "Move it to a module of its own and call it on a thread: threads() of 'cortado/threads'.";

const builtIn: readonly [RegExp, readonly string[]][] = [
  [
    /^(RegExp|String)\.|Symbol\.(match|replace|search|split|matchAll)/,
    [
      'A regular expression runs, probably one that backtracks without end on this text.',
      'Write it without nested repetition, check the length of the text first, or run it on a thread: threads().',
    ],
  ],
  [/^JSON\./, ['Much JSON is parsed or written.', "Do it on a thread: threads() of 'cortado/threads'."]],
  [/^Array\.sort|^TypedArray\.sort/, ['Much is sorted.', onThread]],
];

// The function that runs, where it is one of the language; the line of a stack has no file then.
function topOf(stack: readonly string[]): string {
  const line = stack.find((text) => !/<anonymous>:1:|^\s*at eval/.test(text)) ?? '';
  return /^\s*at (?:new )?(\S.*?) \((?:<anonymous>|native)\)$/.exec(line)?.[1] ?? '';
}
