import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { CortadoError } from '../base/error.ts';
import { readFiles } from '../base/process/read-files.ts';

/** The variables of `.env` files; of one that stands in several the last counts. A file that is not there has none. */
export function variablesOfFiles(paths: readonly string[]): Record<string, string | undefined> {
  return Object.assign({}, ...paths.map(variablesOfFile)) as Record<string, string | undefined>;
}

function variablesOfFile(path: string): NodeJS.Dict<string> {
  const whole = resolve(path);
  // Also of one that is not there: it may come.
  readFiles.publish(whole);
  try {
    return parseEnv(readFileSync(whole, 'utf8'));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return {};
    throw new CortadoError('CORTADO_SETTINGS_INVALID', `settings(): ${path} cannot be read: ${message}`, {
      cause: error,
    });
  }
}
