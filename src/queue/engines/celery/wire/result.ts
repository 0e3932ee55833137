import { decodeRecord } from './decode-json.ts';
import { encodeJson } from './encode-json.ts';
import { decodeTime, encodeTime } from './time.ts';

/** Celery's states of a task that a result can have. Any other text is a state of the application. */
export type ResultStatus =
  | 'PENDING'
  | 'STARTED'
  | 'RETRY'
  | 'SUCCESS'
  | 'FAILURE'
  | 'REVOKED'
  | 'IGNORED'
  | (string & {});

/** What a result backend knows of a task. */
export interface ResultMeta {
  readonly id: string;
  readonly status: ResultStatus;
  readonly result: unknown;
  readonly traceback?: string | undefined;
  /** Epoch milliseconds. */
  readonly doneAt?: number | undefined;
  readonly group?: string | undefined;
  readonly parentId?: string | undefined;
  /** Ids of the tasks that it called. */
  readonly children?: readonly string[];
  /** Why it cannot be read, where that is all that is known of it. */
  readonly unreadable?: string;
}

/** Whether a worker of Cortado wrote a result: the mark comes first in it, so that it need not be read for that. */
export function isOwnResult(text: string): boolean {
  return text.startsWith('{"cortado":true,');
}

/** Whether nothing follows. */
export function isFinalStatus(status: ResultStatus): boolean {
  return status === 'SUCCESS' || status === 'FAILURE' || status === 'REVOKED' || status === 'IGNORED';
}

/** Packs a result for `celery-task-meta-<id>` or for a reply queue. */
export function encodeResult(meta: ResultMeta): string {
  return encodeJson({
    // Python passes over what it does not know.
    cortado: true,
    status: meta.status,
    result: meta.result ?? null,
    traceback: meta.traceback ?? null,
    children: (meta.children ?? []).map((id) => [[id, null], null]),
    date_done: meta.doneAt === undefined ? null : encodeTime(meta.doneAt),
    ...(meta.group === undefined ? {} : { group_id: meta.group }),
    ...(meta.parentId === undefined ? {} : { parent_id: meta.parentId }),
    task_id: meta.id,
  });
}

export function decodeResult(text: string): ResultMeta | undefined {
  const { task_id, status, result, traceback, date_done, group_id, parent_id, children } = decodeRecord(text);
  if (typeof task_id !== 'string' || typeof status !== 'string') return undefined;
  return {
    id: task_id,
    status,
    result,
    traceback: typeof traceback === 'string' ? traceback : undefined,
    doneAt: decodeTime(date_done),
    group: typeof group_id === 'string' ? group_id : undefined,
    parentId: typeof parent_id === 'string' ? parent_id : undefined,
    children: childIds(children),
  };
}

/** Reads a result of a task whatever it is: one in another format than JSON tells its status at most. */
export function readResult(id: string, text: string): ResultMeta {
  const read = decodeResult(text);
  if (read !== undefined) return read;
  // All formats of Celery but the signed one leave the word as it is.
  const status = /status.{0,12}?(RECEIVED|STARTED|RETRY|PENDING)/s.exec(text)?.[1];
  if (status !== undefined) return { id, status: status === 'RETRY' ? 'STARTED' : status, result: null };
  const unreadable =
    'The result cannot be read: a worker stored it in another format than JSON. Set result_serializer = "json" in its Celery application.';
  return { id, status: 'FAILURE', result: null, unreadable };
}

// A child is [[id, parent], [grandchildren]].
function childIds(children: unknown): string[] {
  if (!Array.isArray(children)) return [];
  return children.map((child) => child?.[0]?.[0]).filter((id) => typeof id === 'string');
}
