import { PythonError } from './wire/exception.ts';
import type { TaskMessage } from './wire/task-message.ts';

/**
 * The input object of a task from Python's args and kwargs, as Python binds them: by position in the order of the declared parameters, by
 * name otherwise. Throws Python's own `TypeError`.
 */
export function mapArguments(
  { task, args, kwargs }: TaskMessage,
  parameters: readonly string[] | undefined,
): Record<string, unknown> {
  const names = parameters ?? [];
  if (args.length > names.length) {
    throw new PythonError('TypeError', [
      `${task}() takes ${names.length} positional arguments but ${args.length} were given`,
    ]);
  }
  const input: Record<string, unknown> = Object.fromEntries(args.map((value, at) => [names[at]!, value]));
  for (const [name, value] of Object.entries(kwargs)) {
    if (Object.hasOwn(input, name))
      throw new PythonError('TypeError', [`${task}() got multiple values for argument '${name}'`]);
    Object.defineProperty(input, name, { value, enumerable: true, configurable: true, writable: true });
  }
  return input;
}
