import { sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ownFolder } from '../../base/process/own-files.ts';
import { withStackLimit } from '../../base/with-stack-limit.ts';

/** One line of a stack that lies in a file. */
export interface StackFrame {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** The function's name, as V8 writes it. */
  readonly name: string | undefined;
}

/** The frames of a stack that lie in files, innermost first; those of Node are left out. */
export function framesOf(stack: readonly string[]): StackFrame[] {
  return stack.flatMap((line) => frameOf(line) ?? []);
}

function frameOf(text: string): StackFrame | undefined {
  const match = /^\s*at (?:(async )?(.*?) \()?((?:file:\/\/|\/|[A-Za-z]:\\).*?):(\d+):(\d+)\)?$/.exec(text);
  if (match === null) return undefined;
  const [, , name, place, line, column] = match;
  const file = place!.startsWith('file:') ? fileURLToPath(place!.split('?')[0]!) : place!;
  return { file, line: Number(line), column: Number(column), name };
}

/** Whether a frame lies in the reader's own code, and not in a library or in Cortado. */
export function isOwn({ file }: StackFrame): boolean {
  return !file.startsWith(`${ownFolder}${sep}`) && !file.includes(`${sep}node_modules${sep}`);
}

/** Path and line, short where the file is below the working directory: `src/app.ts:12`. */
export function placeOf({ file, line }: StackFrame): string {
  const folder = `${process.cwd()}${sep}`;
  return `${file.startsWith(folder) ? file.slice(folder.length) : file}:${line}`;
}

/** The frame to blame: the innermost one of the reader's own code, else the innermost of all. */
export function culpritOf(frames: readonly StackFrame[]): StackFrame | undefined {
  return frames.find(isOwn) ?? frames[0];
}

/** The stack of the running code in lines, innermost first, as far as V8 knows it. */
export function stackAbove(above: (...args: never[]) => unknown): string[] {
  const holder: { stack?: string } = {};
  withStackLimit(50, () => Error.captureStackTrace(holder, above));
  return String(holder.stack).split('\n').slice(1);
}
