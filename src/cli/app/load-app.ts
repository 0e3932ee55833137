import { pathToFileURL } from 'node:url';
import { CortadoError } from '../../base/error.ts';
import { markCommand } from '../../base/process/command.ts';
import { shortPath } from '../../base/show/short-path.ts';
import type { App } from '../../http/app/app.ts';
import { followImports, lastLoaded } from '../process/imports.ts';
import { findApp } from './find-app.ts';

/** What the environment tells an app that a command loads. A value that the person has set stays. */
export interface AppEnvironment {
  readonly CORTADO_LOG?: 'pretty' | 'json' | 'silent';
  /** `1` logs one line per request. */
  readonly CORTADO_ACCESS_LOG?: '0' | '1';
  /** `1` logs one line per run of a task. */
  readonly CORTADO_TASK_LOG?: '0' | '1';
  /** `1` starts the thread that names what blocks the loop. */
  readonly CORTADO_WATCHDOG?: '0' | '1';
  /** The port that the app is going to be served on. */
  readonly PORT?: string;
  readonly NODE_ENV?: 'development' | 'production';
}

/** Loads a file and finds the app in it. Throws `CORTADO_CLI`, and whatever the file throws. */
export async function loadApp(file: string, name: string | undefined, environment: AppEnvironment): Promise<App> {
  for (const [key, value] of Object.entries(environment)) process.env[key] ??= value;
  markCommand();
  followImports(() => {});
  // The channel to a parent process would keep this one alive, whatever the file waits for.
  process.channel?.unref();
  const exports = await Promise.race([import(pathToFileURL(file).href), nothingLeftToWaitFor()]);
  process.channel?.ref();
  return findApp(exports as Record<string, unknown>, file, name);
}

function nothingLeftToWaitFor(): Promise<never> {
  return new Promise((_resolve, reject) => {
    process.once('beforeExit', () => {
      // What follows needs the channel.
      process.channel?.ref();
      const path = shortPath(lastLoaded() ?? '');
      reject(new CortadoError('CORTADO_CLI', `${path}: an await at its top level never ends.`));
    });
  });
}
