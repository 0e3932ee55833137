import type { Feed, FeedEvent } from '../../declare/feed.ts';
import { ServerSentEvent } from '../../declare/route/server-sent-event.ts';
import { walkedFeed } from '../../declare/walked-feed.ts';
import type { Gate } from '../contract/gate.ts';
import { isFinal, type TaskRecord } from '../contract/task-record.ts';
import { TaskChanges } from '../watch/wait-for-task.ts';
import { viewOf } from './task-view.ts';

/** What a client has seen of a task; its event ids carry it, so that it can go on where it broke off. */
interface Seen {
  logs: number;
  /** State, attempt and progress, as one text. */
  mark: string;
}

const readAgain = 1000;
const linesAtOnce = 500;

/** Whether the client that sends this `Last-Event-ID` has seen the end of the task. */
export function hasSeenEnd(task: TaskRecord, lastEventId: string | undefined): boolean {
  return isFinal(task.state) && parseId(lastEventId).mark === markOf(task);
}

type TaskEvent = FeedEvent<ServerSentEvent<unknown>>;

/**
 * The changes of a task as a feed of server-sent events (WHATWG HTML 9.2): `log` for each line, `progress`, `state`; they end with the task. What is
 * no place of it begins anew.
 */
export function taskFeed(gate: Gate, id: string, signal: AbortSignal): Feed<ServerSentEvent<unknown>> {
  return walkedFeed((after) => changesOf(gate, id, after, signal));
}

async function* changesOf(
  gate: Gate,
  id: string,
  lastEventId: string | undefined,
  signal: AbortSignal,
): AsyncGenerator<TaskEvent> {
  const seen = parseId(lastEventId);
  const changes = new TaskChanges(gate, id, signal);
  try {
    while (!signal.aborted) {
      const task = await gate.get(id);
      if (task === undefined) return;
      // Read after the task: the lines of a task that is over are complete.
      yield* news(gate, task, seen);
      if (isFinal(task.state)) return;
      await changes.next(readAgain);
    }
  } finally {
    changes.end();
  }
}

async function* news(gate: Gate, task: TaskRecord, seen: Seen): AsyncGenerator<TaskEvent> {
  if (gate.capabilities.logs) {
    for (let full = true; full; ) {
      const lines = await gate.ask('logs', task.id, seen.logs, linesAtOnce);
      full = lines.length === linesAtOnce;
      for (const { seq, at, level, message } of lines) {
        seen.logs = seq;
        yield event('log', { at: new Date(at).toISOString(), level, message }, seen);
      }
    }
  }
  const mark = markOf(task);
  if (mark === seen.mark) return;
  const [state, attempt] = seen.mark.split('.');
  seen.mark = mark;
  const isNewState = state !== task.state || attempt !== String(task.attempt);
  if (isNewState) yield event('state', viewOf(task), seen);
  else yield event('progress', task.progress, seen);
}

function markOf({ state, attempt, progress }: TaskRecord): string {
  const done = progress === undefined ? '' : `${progress.done}/${progress.total}/${progress.message?.length ?? ''}`;
  return `${state}.${attempt}.${done}`;
}

function parseId(id: string | undefined): Seen {
  const found = /^(\d{1,9}):([\w./-]*)$/.exec(id ?? '');
  return found === null ? { logs: 0, mark: '' } : { logs: Number(found[1]), mark: found[2]! };
}

function event(name: string, data: unknown, { logs, mark }: Seen): TaskEvent {
  const place = `${logs}:${mark}`;
  return { type: 'event', id: place, place, data: new ServerSentEvent({ event: name, data }), made: new Map() };
}
