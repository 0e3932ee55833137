import { readFileSync } from 'node:fs';
import { culpritOf, framesOf, isOwn, placeOf, type StackFrame } from '../measure/own-frames.ts';
import type { Sighting } from '../measure/sighting.ts';
import { inPhase } from '../measure/stall.ts';
import { adviseOn } from './advice.ts';

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
  return source
    .slice(first - 1, last)
    .map(
      (text, index) => `${first + index === line ? '▸' : ' '} ${String(first + index).padStart(width)} │ ${clip(text)}`,
    );
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
