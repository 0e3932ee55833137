/** A text of which a log can hold many: of a longer one the beginning, and how long it is. */
export function shortened(text: string, most = 500): string {
  return text.length > most ? `${text.slice(0, most)}… (${text.length} characters)` : text;
}

const most = 1_000;

/** Shortens what a driver's error says, which repeats statements and values: in place, as it is the cause of others. */
export function shortenError(error: Error): void {
  const { message, stack } = error;
  const told = error as unknown as Record<string, unknown>;
  for (const name of ['detail', 'where', 'hint', 'internalQuery']) {
    const value = told[name];
    if (typeof value === 'string' && value.length > most) told[name] = shortened(value, most);
  }
  if (message.length <= most) return;
  error.message = shortened(message, most);
  if (stack !== undefined) error.stack = stack.replace(message, () => error.message);
}
