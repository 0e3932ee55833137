import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './sources.ts';

/** One file below `test/`: its path from the root, its text, and its code, which is as long but has blanks for comments and literals. */
export interface TestFile {
  readonly path: string;
  readonly text: string;
  readonly code: string;
}

/** All TypeScript files of `test/`. */
export function readTests(): TestFile[] {
  return globSync('test/**/*.ts', { cwd: root })
    .sort()
    .map((path) => {
      const text = readFileSync(join(root, path), 'utf8');
      return { path, text, code: blankLiterals(text) };
    });
}

/** Blanks comments, strings, templates and regular expressions, so that braces and keywords are those of the code. */
export function blankLiterals(text: string): string {
  let out = '';
  const blank = (until: number): void => {
    out += text.slice(out.length, until).replace(/[^\n]/g, ' ');
  };
  while (out.length < text.length) {
    const at = out.length;
    const [first, second] = [text[at]!, text[at + 1]];
    if (first === '/' && second === '/') blank(endOr(text.indexOf('\n', at), text));
    else if (first === '/' && second === '*') blank(endOr(text.indexOf('*/', at) + 2, text));
    else if (first === "'" || first === '"') blank(endOfString(text, at, first));
    else if (first === '`') blank(endOfTemplate(text, at));
    else if (first === '/' && /(?:^|[(,=:[!&|?{};>]|\breturn)\s*$/.test(out.slice(-40))) blank(endOfPattern(text, at));
    else out += first;
  }
  return out;
}

/** Where the bracket that opens at `at` is closed. */
export function closing(code: string, at: number): number {
  let depth = 0;
  for (let end = at; end < code.length; end++) {
    if ('([{'.includes(code[end]!)) depth++;
    if (')]}'.includes(code[end]!) && --depth === 0) return end;
  }
  return code.length;
}

const endOr = (at: number, text: string): number => (at <= 0 ? text.length : at);

function endOfString(text: string, at: number, quote: string): number {
  let end = at + 1;
  for (; end < text.length && text[end] !== quote; end++) if (text[end] === '\\') end++;
  return Math.min(end + 1, text.length);
}

function endOfTemplate(text: string, at: number): number {
  let end = at + 1;
  for (; end < text.length && text[end] !== '`'; end++) {
    if (text[end] === '\\') end++;
    else if (text[end] === '$' && text[end + 1] === '{') end = endOfHole(text, end + 2);
  }
  return Math.min(end + 1, text.length);
}

function endOfHole(text: string, at: number): number {
  let depth = 1;
  let end = at;
  for (; end < text.length; end++) {
    if (text[end] === '`') end = endOfTemplate(text, end) - 1;
    else if (text[end] === "'" || text[end] === '"') end = endOfString(text, end, text[end]!) - 1;
    else if (text[end] === '{') depth++;
    else if (text[end] === '}' && --depth === 0) return end;
  }
  return end;
}

function endOfPattern(text: string, at: number): number {
  let inClass = false;
  let end = at + 1;
  for (; end < text.length && text[end] !== '\n' && (inClass || text[end] !== '/'); end++) {
    if (text[end] === '\\') end++;
    else if (text[end] === '[') inClass = true;
    else if (text[end] === ']') inClass = false;
  }
  return Math.min(end + 1, text.length);
}
