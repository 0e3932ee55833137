// The message that is echoed: a hundred bytes of JSON, and what it has to be.
import { z } from 'zod';

/** What is said in a room. */
export const Said = z.object({
  type: z.literal('said'),
  room: z.string().max(20),
  from: z.int().min(0),
  text: z.string().min(1).max(80),
});

const said = { type: 'said', room: 'kitchen', from: 17, text: 'The oven is hot, the bread goes in at a quarter.' };

/** The message as it is sent. */
export const text: string = JSON.stringify(said);

/** One that a server which validates does not echo. */
export const wrong: string = JSON.stringify({ ...said, from: -1 });

/** One of the events that ten thousand listen to: each of the same length, and none the same. */
export function eventOf(number: number): z.infer<typeof Said> {
  return { ...said, type: 'said', from: 100_000 + number };
}

/** What is only in that event. */
export function markOf(number: number): string {
  return `"from":${100_000 + number},`;
}

/** How long a connection may be silent before it is asked whether it is still there, in milliseconds. */
export const pingInterval = 30_000;
