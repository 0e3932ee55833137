/** What Cortado needs of a logger; pino and Fastify's logger have it. Each takes a text, an error, or fields and a text. */
export interface Logger {
  debug(fields: object | string, message?: string): void;
  info(fields: object | string, message?: string): void;
  warn(fields: object | string, message?: string): void;
  error(fields: object | string, message?: string): void;
}

/** What was logged, as fields and a text; as pino, an error alone is a field and its message the text. */
export function lineOf(given: object | string, message?: string): [fields: object, message: string | undefined] {
  if (typeof given === 'string') return [{}, given];
  return given instanceof Error ? [{ err: given }, message ?? given.message] : [given, message];
}
