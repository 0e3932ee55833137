import { runInNewContext } from 'node:vm';
import { decodeRecord } from './decode-json.ts';
import { encodeJson } from './encode-json.ts';
import { record } from './signature.ts';

/** A remote control command, sent to all workers or to some. */
export interface ControlMessage {
  readonly method: string;
  readonly arguments: Readonly<Record<string, unknown>>;
  /** Where the answer goes. */
  readonly replyTo?: { readonly exchange: string; readonly routingKey: string } | undefined;
  readonly ticket?: string | undefined;
}

/** Argument of `revoke` that Python ignores: whose ledger knows of it already. */
export const ledgerArgument = 'cortado_ledger';

/** The command to take a task back, also while it runs. */
export function encodeRevoke(id: string, more?: Readonly<Record<string, unknown>>): string {
  const args = { task_id: id, terminate: true, signal: 'SIGTERM', ...more };
  return encodeJson({ method: 'revoke', arguments: args, destination: null, pattern: null, matcher: null });
}

/** Reads a command; `undefined` when it is none, or is not for this worker. */
export function decodeControl(body: string, worker: string): ControlMessage | undefined {
  const { method, arguments: args, destination, pattern, matcher, ticket, reply_to } = decodeRecord(body);
  if (typeof method !== 'string' || !isFor(worker, destination, pattern, matcher)) return undefined;
  const { exchange, routing_key } = record(reply_to);
  return {
    method,
    arguments: record(args),
    replyTo:
      typeof exchange === 'string' && typeof routing_key === 'string'
        ? { exchange, routingKey: routing_key }
        : undefined,
    ticket: typeof ticket === 'string' ? ticket : undefined,
  };
}

function isFor(worker: string, destination: unknown, pattern: unknown, matcher: unknown): boolean {
  if (Array.isArray(destination) && destination.length > 0) return destination.includes(worker);
  if (typeof pattern !== 'string' || typeof matcher !== 'string') return true;
  return fits(worker, matcher === 'glob' ? `${globSource(pattern)}$` : `(?:${pattern})`);
}

// Milliseconds. An expression may take for ever, and whoever sends a command may send any.
const longest = 100;

function fits(worker: string, source: string): boolean {
  try {
    return runInNewContext(
      'new RegExp("^" + source).test(worker)',
      { worker, source },
      { timeout: longest },
    ) as boolean;
  } catch {
    return false;
  }
}

function globSource(pattern: string): string {
  return pattern
    .replace(/[.+^${}()|\\]/g, '\\$&')
    .replaceAll(/\*+/g, '.*')
    .replaceAll('?', '.');
}
