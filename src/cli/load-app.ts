import { pathToFileURL } from 'node:url';
import type { App } from '../http/app.ts';
import { findApp } from './find-app.ts';
import { followImports, lastLoaded } from './imports.ts';
import { shortPath } from './short-path.ts';

/** What the environment tells an app that a command loads. A value that the person has set stays. */
export interface AppEnvironment {
  readonly CORTADO_LOG?: 'pretty' | 'json' | 'silent';
  /** `1` logs one line per request. */
  readonly CORTADO_ACCESS_LOG?: '0' | '1';
  /** The port that the app is going to be served on. */
  readonly PORT?: string;
  readonly NODE_ENV?: 'development' | 'production';
}

/** Loads a file and finds the app in it. */
export async function loadApp(file: string, name: string | undefined, environment: AppEnvironment): Promise<App> {
  for (const [key, value] of Object.entries(environment)) process.env[key] ??= value;
  followImports(() => {});
  process.once('beforeExit', neverLoaded);
  const exports = (await import(pathToFileURL(file).href)) as Record<string, unknown>;
  process.off('beforeExit', neverLoaded);
  return findApp(exports, file, name);
}

// Nothing is left to wait for, and yet an await at the top of a module did not end.
function neverLoaded(): void {
  console.error(`cortado: ${shortPath(lastLoaded() ?? '')}: an await at its top level never ends.`);
  process.exit(1);
}
