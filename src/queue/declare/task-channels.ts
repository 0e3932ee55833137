import type { Plan } from '../../declare/plan/plan.ts';
import type { DocumentedChannel, DocumentedMessage } from '../../declare/route/documented-channel.ts';
import type { TaskRegistry } from './task-registry.ts';

/** The queues that tasks are sent to, each with its tasks as messages, for the AsyncAPI document; a queue without tasks is none. */
export function taskChannels({ tasks, remotes }: TaskRegistry): readonly DocumentedChannel[] {
  const own = Map.groupBy(tasks, ({ settings }) => settings.queue);
  const elsewhere = Map.groupBy(remotes, ({ queue }) => queue);
  return [...new Set([...own.keys(), ...elsewhere.keys()])].map((queue) => {
    const receives = (own.get(queue) ?? []).map(messageOf);
    const isOwn = ({ name }: DocumentedMessage): boolean => receives.some((message) => message.name === name);
    const sends = (elsewhere.get(queue) ?? []).map(messageOf).filter((message) => !isOwn(message));
    return {
      kind: 'queue',
      name: queue,
      address: queue,
      description: 'Tasks: a message is what one of them is enqueued with.',
      sends: [...receives, ...sends],
      receives,
    };
  });
}

function messageOf({ name, plan }: { readonly name: string; readonly plan: Plan }): DocumentedMessage {
  return { name, summary: `Task ${name}`, fields: plan.fields };
}
