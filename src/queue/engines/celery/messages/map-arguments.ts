import type { TaskParameter } from '../../../contract/engine.ts';
import { PythonError } from '../wire/exception.ts';
import type { TaskMessage } from '../wire/task-message.ts';

/**
 * The input object of a task from Python's args and kwargs, as Python binds them: by position in the order of the declared parameters, by
 * name otherwise. Throws Python's own `TypeError`, in CPython's words and in its order of checks.
 *
 * @param known The parameters of the declared task.
 * @param isOwn Whether Cortado sent it: what is missing comes later then, the result of another task for example, and what is too much is
 *   left out, as with every engine.
 */
export function mapArguments(
  { task, args, kwargs }: Pick<TaskMessage, 'task' | 'args' | 'kwargs'>,
  known: readonly TaskParameter[],
  isOwn = false,
): Record<string, unknown> {
  const input: Record<string, unknown> = {};
  for (const [at, value] of args.slice(0, known.length).entries()) set(input, known[at]!.name, value);
  for (const [name, value] of Object.entries(kwargs)) {
    if (!known.some((parameter) => parameter.name === name)) {
      if (isOwn) continue;
      throw typeError(task, `got an unexpected keyword argument '${name}'`);
    }
    if (Object.hasOwn(input, name)) throw typeError(task, `got multiple values for argument '${name}'`);
    set(input, name, value);
  }
  if (args.length > known.length) throw typeError(task, tooMany(known, args.length));
  const missing = known.filter(({ name, required }) => required && !Object.hasOwn(input, name));
  if (missing.length > 0 && !isOwn) throw typeError(task, missed(missing.map(({ name }) => `'${name}'`)));
  return input;
}

function set(input: Record<string, unknown>, name: string, value: unknown): void {
  if (name !== '__proto__') input[name] = value;
  else Object.defineProperty(input, name, { value, enumerable: true, configurable: true, writable: true });
}

function typeError(task: string, what: string): PythonError {
  return new PythonError('TypeError', [`${task}() ${what}`]);
}

function tooMany(known: readonly TaskParameter[], given: number): string {
  const least = known.filter(({ required }) => required).length;
  const takes = least === known.length ? String(known.length) : `from ${least} to ${known.length}`;
  return `takes ${takes} positional argument${takes === '1' ? '' : 's'} but ${given} ${given === 1 ? 'was' : 'were'} given`;
}

function missed(names: readonly string[]): string {
  const last = names.at(-1)!;
  const listed = names.length > 2 ? `${names.slice(0, -1).join(', ')}, and ${last}` : names.join(' and ');
  return `missing ${names.length} required positional argument${names.length === 1 ? '' : 's'}: ${listed}`;
}
