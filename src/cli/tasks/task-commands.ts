import { CortadoError } from '../../base/error.ts';
import { writeJson } from '../../base/json/exact-json.ts';
import { printable } from '../../base/show/printable.ts';
import type { TaskFilter } from '../../queue/contract/engine.ts';
import { finalStates, type LogLine, type TaskRecord, type TaskState } from '../../queue/contract/task-record.ts';
import type { Queue } from '../../queue/queue.ts';
import { fullViewOf, viewOf } from '../../queue/routes/task-view.ts';
import type { AppArguments } from '../app/app-arguments.ts';
import { table } from '../terminal/table.ts';
import { findTask, withQueues } from './with-queues.ts';

export interface ShowArguments extends AppArguments {
  readonly json?: boolean;
}

export interface ListArguments extends ShowArguments {
  readonly status?: TaskState;
  readonly queue?: string;
  readonly name?: string;
  readonly limit: number;
}

export interface PruneArguments extends Pick<ListArguments, 'app' | 'status'> {
  /** Milliseconds: those that ended longer ago. */
  readonly olderThan: number;
}

const pageSize = 200;

export async function listTasks(file: string, options: ListArguments): Promise<void> {
  const { status, queue, name, limit } = options;
  const filter: TaskFilter = {
    ...(status !== undefined && { states: [status] }),
    ...(queue !== undefined && { queue }),
    ...(name !== undefined && { name }),
  };
  await withQueues(file, options.app, async (queues) => {
    const lists = await Promise.all(queues.map((each) => firstOf(each, filter, limit)));
    const tasks = lists.flat().slice(0, limit);
    if (options.json) return tasks.map((task) => `${JSON.stringify(viewOf(task))}\n`).join('');
    return tasks.length === 0 ? 'There are no such tasks.\n' : table(headings, tasks.map(row));
  });
}

async function firstOf(queue: Queue, filter: TaskFilter, limit: number): Promise<TaskRecord[]> {
  const tasks: TaskRecord[] = [];
  for (let cursor: string | undefined; tasks.length < limit; ) {
    const page = await queue.list(filter, Math.min(pageSize, limit - tasks.length), cursor);
    tasks.push(...page.tasks);
    cursor = page.cursor;
    if (cursor === undefined) break;
  }
  return tasks;
}

const headings = ['ID', 'NAME', 'QUEUE', 'STATUS', 'ATTEMPT', 'CREATED', 'ERROR'];

function row({ id, name, queue, state, attempt, createdAt, error }: TaskRecord): string[] {
  const created = new Date(createdAt).toISOString().slice(0, 19).replace('T', ' ');
  return [id, name, queue, state, String(attempt), created, oneLine(error?.message ?? '')];
}

function oneLine(text: string): string {
  const line = text.split('\n', 1)[0]!;
  return line.length > 60 ? `${line.slice(0, 59)}…` : line;
}

interface Shown {
  readonly task: TaskRecord;
  readonly lines: readonly LogLine[];
  readonly parse: (text: string) => unknown;
}

const mostLines = 1000;

export async function showTask(id: string, file: string, options: ShowArguments): Promise<void> {
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

export async function retryTask(id: string, file: string, { app }: AppArguments): Promise<void> {
  await withQueues(file, app, async (queues) => {
    await findTask(queues, (queue) => queue.handle(id).retry());
    return `${id} is queued again.\n`;
  });
}

export async function cancelTask(id: string, file: string, { app }: AppArguments): Promise<void> {
  await withQueues(file, app, async (queues) => {
    const result = await findTask(queues, (queue) => queue.handle(id).cancel('It was cancelled by the command.'));
    if (result === 'over') throw new CortadoError('CORTADO_CLI', `${id} is over already.`);
    return result === 'cancelled' ? `${id} is cancelled.\n` : `${id} runs, and was asked to end.\n`;
  });
}

export async function pruneTasks(file: string, { app, olderThan, status }: PruneArguments): Promise<void> {
  const states = status === undefined ? finalStates : [status];
  await withQueues(file, app, async (queues) => {
    const counts = await Promise.all(queues.map((queue) => queue.prune(states, Date.now() - olderThan)));
    const total = counts.reduce((sum, count) => sum + count, 0);
    return `${total} task${total === 1 ? ' is' : 's are'} deleted.\n`;
  });
}
