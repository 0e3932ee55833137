import type { TaskFilter } from '../../queue/contract/engine.ts';
import type { TaskRecord, TaskState } from '../../queue/contract/task-record.ts';
import type { Queue } from '../../queue/queue.ts';
import { viewOf } from '../../queue/routes/task-view.ts';
import type { AppArguments } from '../app/app-arguments.ts';
import { table } from '../terminal/table.ts';
import { withQueues } from './with-queues.ts';

/** Options of `cortado tasks list`. */
export interface ListArguments extends AppArguments {
  readonly status?: TaskState;
  readonly queue?: string;
  readonly name?: string;
  readonly limit: number;
  readonly json?: boolean;
}

const pageSize = 200;

/** Lists tasks, newest first. */
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
