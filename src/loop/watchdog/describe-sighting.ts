import { readFileSync } from 'node:fs';
import { culpritOf, framesOf, isOwn, placeOf, type StackFrame } from '../measure/own-frames.ts';
import type { Sighting } from '../measure/sighting.ts';
import { inPhase } from '../measure/stall.ts';

/** Draws what was seen of code that blocks: who, where, the code itself, and what to do instead. */
export function describeSighting(sighting: Sighting): string {
  const { owner, phase, isSure, isOver } = sighting;
  const frames = framesOf(sighting.stack);
  const culprit = culpritOf(frames);
  const who = owner === undefined ? 'outside of every request and task' : `${owner}, ${inPhase(phase)}`;
  const lines = [
    who,
    ...(culprit === undefined ? [] : ['', nameOf(culprit), ...excerpt(culprit), ...callers(frames, culprit)]),
    '',
    ...adviseOn(sighting),
    ...(isSure
      ? []
      : ['(Seen only afterwards, or while the processor was elsewhere: the culprit may be another one nearby.)']),
  ];
  const rounded = Math.round(sighting.ms);
  const title = isOver ? `The loop was held up for ${rounded} ms` : `The loop has been held up for ${rounded} ms`;
  return `\n┌─ ${title} ${'─'.repeat(Math.max(1, 60 - title.length))}\n${lines.map((line) => `│ ${line}`.trimEnd()).join('\n')}\n└─\n`;
}

function nameOf(frame: StackFrame): string {
  // Handlers are called as members of their declaration: `Object.handler`, `Object.loadUser [as run]`.
  const name = (frame.name ?? '').replace(/^Object\.(handler$|run$)?/, '').replace(/ \[as (handler|run)\]$/, '');
  return name === '' ? placeOf(frame) : `${placeOf(frame)}  ${name}`;
}

const around = 1;

function excerpt({ file, line }: StackFrame): string[] {
  const source = sourceLines(file);
  const first = Math.max(1, line - around);
  const last = Math.min(source.length, line + around);
  const width = String(last).length;
  return source.slice(first - 1, last).map((text, index) => {
    const number = first + index;
    return `${number === line ? '▸' : ' '} ${String(number).padStart(width)} │ ${clip(text)}`;
  });
}

function sourceLines(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n');
  } catch {
    return [];
  }
}

function clip(text: string): string {
  return text.length > 110 ? `${text.slice(0, 109)}…` : text;
}

function callers(frames: readonly StackFrame[], culprit: StackFrame): string[] {
  return frames
    .slice(frames.indexOf(culprit) + 1)
    .filter(isOwn)
    .slice(0, 4)
    .map((frame) => `  called from ${nameOf(frame)}`);
}

/** What to do instead of blocking, in lines. */
function adviseOn({ call, advice, stack }: Sighting): string[] {
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
