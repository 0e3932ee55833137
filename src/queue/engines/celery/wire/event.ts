import { hostname } from 'node:os';

/** A worker event, as Flower and `celery events` read it. */
export interface WireEvent {
  readonly type: string;
  readonly hostname: string;
  readonly pid: number;
  readonly clock: number;
  /** Seconds. */
  readonly timestamp: number;
  readonly [field: string]: unknown;
}

/** Lamport clock: every event and control message carries it and moves it on. */
export class LamportClock {
  #value = 0;

  get value(): number {
    return this.#value;
  }

  tick(): number {
    return ++this.#value;
  }

  /** Takes over a later time that was seen. */
  adjust(seen: unknown): void {
    if (typeof seen === 'number' && seen > this.#value) this.#value = seen;
  }
}

/** The name of this worker, `cortado-4711@host`: unique as long as a machine runs one process with that pid. */
export function workerName(name: string = `cortado-${process.pid}`): string {
  return name.includes('@') ? name : `${name}@${hostname()}`;
}

export const software: Readonly<Record<string, string>> = {
  sw_ident: 'cortado',
  sw_ver: process.versions.node,
  sw_sys: process.platform === 'linux' ? 'Linux' : process.platform,
};

/** Events as they travel, by where they are routed: each of a worker alone, all of tasks as one list. */
export function routedEvents(events: readonly WireEvent[]): (readonly [routingKey: string, body: unknown])[] {
  const about = (kind: string): WireEvent[] => events.filter(({ type }) => type.startsWith(kind));
  const alone = about('worker-').map((event) => [event.type.replace('-', '.'), event] as const);
  const tasks = about('task-');
  return tasks.length === 0 ? alone : [...alone, ['task.multi', tasks]];
}
