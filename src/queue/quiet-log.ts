import type { Logger } from '../base/logger.ts';

/** The logger of a queue that no app uses: warnings and errors, as JSON lines on standard error. */
export const quietLog: Logger = {
  debug: () => {},
  info: () => {},
  warn: (fields, message) => write('warn', fields, message),
  error: (fields, message) => write('error', fields, message),
};

function write(level: string, fields: object, msg: string | undefined): void {
  const { err, ...rest } = fields as { err?: unknown };
  const error = err instanceof Error ? { err: { name: err.name, message: err.message, stack: err.stack } } : {};
  process.stderr.write(`${JSON.stringify({ level, time: Date.now(), ...rest, ...error, msg })}\n`);
}
