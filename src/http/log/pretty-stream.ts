import { createRequire } from 'node:module';
import { Writable } from 'node:stream';
import type { DestinationStream } from 'pino';
import { isOwnLine } from '../../base/process/own-files.ts';
import { printable } from '../../base/show/printable.ts';
import { standardOutput } from './log-output.ts';

type Colors = Readonly<Record<'red' | 'yellow' | 'green' | 'cyan', (text: string) => string>>;

/** Where readable logs go in development: one line per request, errors with the frames of the reader's own code. */
export function prettyStream(): DestinationStream {
  const pretty = createRequire(import.meta.url)('pino-pretty') as (options: object) => DestinationStream;
  return pretty({
    ignore: 'pid,hostname,reqId,method,path,status,ms',
    translateTime: 'HH:MM:ss',
    messageFormat: (log: Record<string, unknown>, key: string, _level: string, { colors }: { colors: Colors }) =>
      typeof log['status'] === 'number'
        ? requestLine(log, log['status'], colors)
        : `${printable(String(log[key] ?? ''))}${typeof log['task_id'] === 'string' ? taskOf(log) : ''}`,
    customPrettifiers: { err: (error: unknown) => printable(ownStack(error)) },
    destination: new Writable({
      write(chunk: Buffer, _encoding, done) {
        standardOutput().writeSync(chunk.toString());
        done();
      },
    }),
  });
}

// Which run of which task; what the line says by then is not listed below it as well.
function taskOf(log: Record<string, unknown>): string {
  const { task, task_id: id, attempt, ms } = log;
  for (const key of ['task', 'task_id', 'attempt']) delete log[key];
  return `: ${task}[${id}]${ms === undefined ? '' : ` in ${ms} ms`}${Number(attempt) > 1 ? `, attempt ${attempt}` : ''}`;
}

function requestLine({ method, path, ms }: Record<string, unknown>, status: number, colors: Colors): string {
  const color = status >= 500 ? colors.red : status >= 400 ? colors.yellow : status >= 300 ? colors.cyan : colors.green;
  return `${method} ${printable(String(path))} ${color(String(status))} ${ms} ms`;
}

// The frames of Node, Fastify and Cortado are the same for every error and say nothing about this one.
function ownStack(error: unknown): string {
  const { stack, message } = error as { stack?: string; message?: string };
  if (stack === undefined) return String(message ?? error);
  const lines = stack.split('\n');
  const isForeign = (line: string): boolean =>
    /^\s+at /.test(line) && (/node:|[/\\]node_modules[/\\]/.test(line) || isOwnLine(line));
  const own = lines.filter((line) => !isForeign(line)).map((line) => line.replaceAll(`file://${process.cwd()}/`, ''));
  return (own.some((line) => /^\s+at /.test(line)) ? own : lines).join('\n');
}
