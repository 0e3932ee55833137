import pino from 'pino';

/** One line of a log, as pino writes it. */
export interface LogLine {
  readonly level: number;
  readonly msg: string;
  readonly route?: string;
  readonly err?: { readonly type: string; readonly message: string; readonly stack: string };
}

/** A logger that keeps its lines. */
export interface MemoryLog {
  readonly logger: pino.Logger;
  readonly lines: LogLine[];
  /** The lines at level error. */
  readonly errors: () => LogLine[];
}

export function memoryLog(): MemoryLog {
  const lines: LogLine[] = [];
  const logger = pino({ level: 'info' }, { write: (line: string) => void lines.push(JSON.parse(line) as LogLine) });
  return { logger, lines, errors: () => lines.filter(({ level }) => level >= 50) };
}
