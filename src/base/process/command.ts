// On the process and not in a variable: the app's file may have loaded another copy of Cortado.
const mark = Symbol.for('cortado.command');

export function markCommand(): void {
  (globalThis as Record<symbol, unknown>)[mark] = true;
}

/** Whether the `cortado` command runs in this process: it serves the app, and stops it. */
export function isCommand(): boolean {
  return (globalThis as Record<symbol, unknown>)[mark] === true;
}
