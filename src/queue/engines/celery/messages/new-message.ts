import type { NewTask } from '../../../contract/engine.ts';
import { decodeJson } from '../wire/decode-json.ts';
import type { TaskMessage } from '../wire/task-message.ts';

export interface NewMessage
  extends Pick<NewTask, 'id' | 'name' | 'input' | 'expiresAt' | 'headers'>,
    Pick<TaskMessage, 'eta' | 'priority' | 'replyTo'> {
  /** Parameters that are sent by position, in this order. */
  readonly positional: readonly string[];
}

/** The message of a task that is sent for the first time, alone. */
export function newMessage({ id, name, input, expiresAt, positional, ...same }: NewMessage): TaskMessage {
  const kwargs = decodeJson(input) as Record<string, unknown>;
  const args = positional.filter((parameter) => parameter in kwargs).map((parameter) => kwargs[parameter]);
  for (const parameter of positional) delete kwargs[parameter];
  const { eta, priority, replyTo, headers } = same;
  const alone = { retries: 0, callbacks: [], errbacks: [], chain: [] };
  return { ...alone, id, task: name, args, kwargs, expires: expiresAt, eta, priority, replyTo, headers };
}
