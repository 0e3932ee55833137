import { CortadoError } from '../../base/error.ts';
import { header, path, query } from '../../declare/param.ts';
import { eventStream } from '../../declare/route/media.ts';
import type { RouteDefinition, RouteSettings } from '../../declare/route/route.ts';
import type { Params, Values } from '../../declare/values.ts';
import type { RequestContext } from '../../http/request/context.ts';
import { fromJsonSchema } from '../../schema/from-json-schema.ts';
import type { JsonSchema } from '../../schema/json/json-schema.ts';
import type { TaskFilter, TaskPage } from '../contract/engine.ts';
import type { LazyGate } from '../contract/lazy-gate.ts';
import { type TaskRecord, type TaskState, taskStates } from '../contract/task-record.ts';
import { taskNotFound } from '../watch/task-failure.ts';
import { TaskHandle } from '../watch/task-handle.ts';
import { hasSeenEnd, taskFeed } from './task-events.ts';
import { fullViewOf, fullViewSchema, pageSchema, viewOf } from './task-view.ts';

const text = fromJsonSchema<string | undefined>({ type: 'string' }, { optional: true });
const taskId = path(fromJsonSchema<string>({ type: 'string' }), { description: 'The id that enqueuing gave out.' });
const missing = { 404: { description: 'There is no task with this id.' } };
const conflict = { 409: { description: 'The task is in a state that does not allow it.' } };

const someStates: JsonSchema = { type: 'array', items: { type: 'string', enum: taskStates } };
const listParams = {
  status: query(fromJsonSchema<readonly TaskState[] | undefined>(someStates, { optional: true })),
  queue: query(text),
  name: query(text, { description: 'The declared name of the task.' }),
  limit: query(fromJsonSchema<number>({ type: 'integer', minimum: 1, maximum: 200, default: 50 })),
  cursor: query(text, { description: 'Where the last page said that this one starts.' }),
};

/** The routes of tasks, as data: list, one, its events, cancel, retry. They do not show fields of the names in `hidden`. */
export function queueRoutes(gate: LazyGate, hidden: ReadonlySet<string>): RouteDefinition[] {
  const find = async (id: string): Promise<TaskRecord> => {
    const task = isStorable(id) ? await (await gate.open()).get(id) : undefined;
    if (task === undefined) throw taskNotFound(id);
    return task;
  };
  const show = async (id: string): Promise<unknown> => fullViewOf(await find(id), hidden, (await gate.open()).parse);

  async function listTasks({ status, queue, name, limit, cursor }: Values<typeof listParams>): Promise<unknown> {
    const filter: TaskFilter = {
      ...(status !== undefined && status.length > 0 && { states: status }),
      ...(queue !== undefined && { queue }),
      ...(name !== undefined && { name }),
    };
    const isKnown = [queue, name].every((text) => text === undefined || isStorable(text));
    const page = isKnown ? await (await gate.open()).ask('list', filter, limit, cursor) : nothing;
    return { tasks: page.tasks.map(viewOf), cursor: page.cursor ?? null };
  }

  async function getTask({ task_id }: { task_id: string }): Promise<unknown> {
    return show(task_id);
  }

  async function getTaskEvents(
    { task_id, last_event_id }: { task_id: string; last_event_id: string | undefined },
    { signal }: RequestContext,
  ): Promise<unknown> {
    const task = await find(task_id);
    // An EventSource comes back when a stream ends, and 204 tells it not to.
    if (hasSeenEnd(task, last_event_id)) return new Response(null, { status: 204 });
    return taskFeed(await gate.open(), task_id, signal);
  }

  async function cancelTask({ task_id }: { task_id: string }): Promise<unknown> {
    if (!isStorable(task_id)) throw taskNotFound(task_id);
    const result = await (await gate.open()).cancel(task_id, 'It was cancelled on request.');
    if (result === 'over') throw inState(await find(task_id), 'cancelled');
    return show(task_id);
  }

  async function retryTask({ task_id }: { task_id: string }): Promise<unknown> {
    if (!isStorable(task_id)) throw taskNotFound(task_id);
    await new TaskHandle(gate, task_id, false).retry();
    return show(task_id);
  }

  const one = { task_id: taskId };
  return [
    route('GET', '', listParams, listTasks, pageSchema, { description: 'Tasks, newest first.' }),
    route('GET', '/{task_id}', one, getTask, fullViewSchema, { responses: missing }),
    {
      ...route('GET', '/{task_id}/events', { ...one, last_event_id: header(text) }, getTaskEvents, undefined, {
        description: 'Server-sent events until the task is over: `state`, `progress` and `log`.',
        responses: missing,
      }),
      media: eventStream(),
    },
    route('POST', '/{task_id}/cancel', one, cancelTask, fullViewSchema, {
      description: 'A task that waits never starts; one that runs is asked to end.',
      responses: { ...missing, ...conflict },
    }),
    route('POST', '/{task_id}/retry', one, retryTask, fullViewSchema, {
      description: 'Queues a task that failed, expired or was cancelled once more.',
      responses: { ...missing, ...conflict },
    }),
  ];
}

function route(
  method: 'GET' | 'POST',
  at: string,
  params: Params,
  handler: (values: never, context: RequestContext) => unknown,
  response: JsonSchema | undefined,
  settings: RouteSettings,
): RouteDefinition {
  return { method, path: at, params, response: response && fromJsonSchema(response), settings, handler };
}

const nothing: TaskPage = { tasks: [], cursor: undefined };

// No task has such a text, and PostgreSQL would not even take it to compare with.
function isStorable(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed();
}

function inState({ id, state }: TaskRecord, what: string): CortadoError {
  return new CortadoError('CORTADO_TASK_STATE', `Task ${id} is ${state}, so it cannot be ${what}.`, { status: 409 });
}
