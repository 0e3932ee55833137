import type { ProxyArguments } from '../app/app-arguments.ts';

/** What the process of an app tells the one that restarts it. */
export type FromApp =
  | { readonly type: 'imported'; readonly path: string; readonly stamp: string }
  | ReadyApp
  | FailedApp;

export interface FailedApp {
  readonly type: 'failed';
  readonly lines: readonly string[];
  /** The file that an import lacked. */
  readonly missing?: string;
}

export interface ReadyApp {
  readonly type: 'ready';
  readonly title: string;
  readonly scheme: 'http' | 'https';
  /** Path of its documentation. */
  readonly docs: string | undefined;
}

/** What it is told; a connection comes with its socket. */
export type ToApp = { readonly type: 'connection' } | { readonly type: 'stop' };

export interface AppSettings extends ProxyArguments {
  readonly file: string;
  readonly app: string | undefined;
  readonly port: number;
  /** Where a debugger may come, `true` at Node's usual place. */
  readonly inspect?: string | true;
  /** The same; the app waits for it. */
  readonly inspectBrk?: string | true;
}

/** Tells the process that restarts this one. */
export function sendToSupervisor(message: FromApp, sent?: () => void): void {
  if (!process.connected) sent?.();
  else process.send?.(message, undefined, undefined, () => sent?.());
}
