import { printable } from '../../base/show/printable.ts';
import type { LogLine, TaskRecord } from '../../queue/contract/task-record.ts';
import { writeJson } from '../../queue/payload/exact-json.ts';
import { fullViewOf } from '../../queue/routes/task-view.ts';
import type { AppArguments } from '../app/app-arguments.ts';
import { findTask, withQueues } from './with-queues.ts';

interface Shown {
  readonly task: TaskRecord;
  readonly lines: readonly LogLine[];
  readonly parse: (text: string) => unknown;
}

const mostLines = 1000;

/** Shows a task with its input, result, error and log. */
export async function showTask(
  id: string,
  file: string,
  options: AppArguments & { readonly json?: boolean },
): Promise<void> {
  await withQueues(file, options.app, async (queues) => {
    const shown = await findTask(queues, async (queue): Promise<Shown> => {
      const handle = queue.handle(id);
      const task = await handle.record();
      const { capabilities, parse } = await queue.open();
      return { task, lines: capabilities.logs ? await handle.logs(0, mostLines) : [], parse };
    });
    return options.json ? `${writeJson(asJson(shown), 2)}\n` : asText(shown);
  });
}

function asJson({ task, lines, parse }: Shown): object {
  return { ...fullViewOf(task, new Set(), parse), stack: task.error?.stack ?? null, log: lines };
}

function asText({ task, lines, parse }: Shown): string {
  const view = fullViewOf(task, new Set(), parse);
  const rows: [string, unknown][] = Object.entries(view).filter(([, value]) => value !== null && String(value) !== '');
  const width = Math.max(...rows.map(([name]) => name.length));
  const text = rows.map(
    ([name, value]) => `${name.padEnd(width)}  ${typeof value === 'object' ? writeJson(value) : value}\n`,
  );
  const log = lines.map(({ at, level, message }) => `${new Date(at).toISOString()} ${level} ${message}\n`);
  const stack = task.error?.stack === undefined ? '' : `\n${task.error.stack}\n`;
  return printable(`${text.join('')}${stack}${log.length > 0 ? `\n${log.join('')}` : ''}`);
}
