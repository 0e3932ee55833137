import { type Logger, lineOf } from '../logger.ts';

/** The logger of a component that no app uses: warnings and errors, as JSON lines on standard error. */
export const quietLog: Logger = {
  debug: () => {},
  info: () => {},
  warn: (...given) => write('warn', ...lineOf(...given)),
  error: (...given) => write('error', ...lineOf(...given)),
};

function write(level: string, fields: object, msg: string | undefined): void {
  const { err, ...rest } = fields as { err?: unknown };
  const error = err instanceof Error ? { err: { name: err.name, message: err.message, stack: err.stack } } : {};
  process.stderr.write(`${JSON.stringify({ level, time: Date.now(), ...rest, ...error, msg })}\n`);
}
