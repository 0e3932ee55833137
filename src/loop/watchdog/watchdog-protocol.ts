/** Key of the function that the watchdog runs on the watched thread. */
export const sampleKey = 'cortado.loop.sample';

/** Memory that the watched thread and its watchdog share. */
export type SharedMemory = Int32Array<SharedArrayBuffer>;

/** What stands where in the shared memory. */
export const sharedFields = {
  /** Grows by one at each beat of the loop. */
  beats: 0,
  /** 1 while a debugger is open. */
  debugged: 1,
  count: 2,
} as const;
