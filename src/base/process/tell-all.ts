/** Calls listeners of others. What one of them throws is a warning of the process, with its stack, and keeps nobody else from hearing. */
export function tellAll<Args extends readonly unknown[]>(
  listeners: Iterable<(...args: Args) => unknown>,
  ...args: Args
): void {
  for (const listener of listeners) {
    try {
      listener(...args);
    } catch (error) {
      const detail = error instanceof Error ? error.stack : String(error);
      process.emitWarning(`a listener failed: ${error instanceof Error ? error.message : String(error)}`, {
        type: 'CortadoWarning',
        ...(detail !== undefined && { detail }),
      });
    }
  }
}
