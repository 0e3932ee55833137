import type { MessagePort } from 'node:worker_threads';
import type { PackedError } from './pack-error.ts';

export interface Job {
  readonly id: number;
  /** URL of the module. */
  readonly module: string;
  readonly name: string;
  readonly args: readonly unknown[];
  /** Whether the caller wants to know when it begins, to start its clock. */
  readonly timed: boolean;
}

export type CallReport =
  | { readonly id: number; readonly kind: 'begin' }
  | { readonly id: number; readonly kind: 'value'; readonly value: unknown }
  | { readonly id: number; readonly kind: 'failure'; readonly error: PackedError }
  // The function turned out to be a generator: items follow as they are asked for.
  | { readonly id: number; readonly kind: 'stream' }
  | { readonly id: number; readonly kind: 'item'; readonly value: unknown }
  | { readonly id: number; readonly kind: 'end' };

/** What a caller tells the thread that streams to it. */
export type ThreadDemand =
  | { readonly id: number; readonly kind: 'more'; readonly items: number }
  | { readonly id: number; readonly kind: 'leave' };

/** The first message of a thread: the port of its reports and demands. */
export interface Hello {
  readonly cortadoThread: true;
  readonly port: MessagePort;
}

export function isHello(message: unknown): message is Hello {
  return typeof message === 'object' && message !== null && 'cortadoThread' in message;
}

/** What a thread reports; a rejection that nobody waited for belongs to no call. */
export type ThreadReport = CallReport | { readonly id: 0; readonly kind: 'stray'; readonly error: PackedError };
