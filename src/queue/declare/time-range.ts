/** The last time that a task can have, in milliseconds since the epoch: every engine stores it, and ISO 8601 writes its year with four digits. */
export const latestTime: number = Date.UTC(9999, 11, 31);

/** The longest wait, in milliseconds: a thousand years. */
export const longestWait: number = 1000 * 365.25 * 24 * 60 * 60 * 1000;

/** Whether every engine can keep a time, in milliseconds since the epoch. */
export function isTaskTime(time: number): boolean {
  return time >= 0 && time <= latestTime;
}
