/** Makes an error, or a stack, of so many frames at most. */
export function withStackLimit<T>(frames: number, make: () => T): T {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = frames;
  try {
    return make();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}
