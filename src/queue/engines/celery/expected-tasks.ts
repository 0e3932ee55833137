import type { Expansion } from './outgoing.ts';
import type { Signature } from './wire/signature.ts';

/** A task that a signature leads to. */
export interface ExpectedTask {
  readonly id: string;
  readonly name: string;
  /** The broker's name; `undefined` where the signature names none. */
  readonly queue: string | undefined;
  readonly kwargs: Readonly<Record<string, unknown>>;
}

/** The tasks that are sent now, and those whose ids are known although whoever runs the one before sends them. */
export function expectedTasks(signature: Signature, { sends }: Expansion): readonly ExpectedTask[] {
  const now = sends.map(({ message, queue }) => ({
    id: message.id,
    name: message.task,
    queue,
    kwargs: message.kwargs,
  }));
  return [...now, ...followers(signature).flatMap(expectedTask)];
}

function followers({ task, kwargs }: Signature): readonly Signature[] {
  if (task === 'celery.chain') return (kwargs['tasks'] as Signature[]).slice(1);
  return task === 'celery.chord' ? [kwargs['body'] as Signature] : [];
}

function expectedTask({ task, kwargs, options }: Signature): ExpectedTask[] {
  const { task_id: id, queue } = options;
  return typeof id === 'string'
    ? [{ id, name: task, queue: typeof queue === 'string' ? queue : undefined, kwargs }]
    : [];
}
