// What the app is about to load in any case: with the hook below each of its files would take longer.
import '../../http/app/app.ts';
import { pathToFileURL } from 'node:url';
import { CortadoError } from '../../base/error.ts';
import { type CommandSettings, runAsCommand } from '../../base/process/process-settings.ts';
import { shortPath } from '../../base/show/short-path.ts';
import type { App } from '../../http/app/app.ts';
import { followImports, lastLoaded } from '../process/imports.ts';
import { findApp } from './find-app.ts';

/** What code of the app, and its libraries, find in the environment. A value that the person has set stays. */
export interface AppEnvironment {
  /** The port that the app is going to be served on. */
  readonly PORT?: string;
  readonly NODE_ENV?: 'development' | 'production';
}

/** Settings for an app that is only looked at. */
export const silent: CommandSettings = { usual: { log: 'silent' } };

/** Loads a file and finds the app in it. Throws `CORTADO_CLI`, and whatever the file throws. */
export async function loadApp(
  file: string,
  name: string | undefined,
  settings: CommandSettings,
  environment: AppEnvironment = {},
): Promise<App> {
  for (const [key, value] of Object.entries(environment)) process.env[key] ??= value;
  runAsCommand(settings);
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
