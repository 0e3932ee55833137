/** Sends what the app's own code prints to standard error, so that standard output is the command's alone. */
export function quietConsole(): void {
  for (const name of ['log', 'info', 'debug'] as const) console[name] = console.error;
}

/** Writes the command's output and ends: what the app opened on loading must not keep the process. */
export function printAndExit(text: string, code = 0): void {
  process.stdout.write(text, () => process.exit(code));
}
