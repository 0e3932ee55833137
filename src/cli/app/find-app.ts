import { CortadoError } from '../../base/error.ts';
import { shortPath } from '../../base/show/short-path.ts';
import type { App } from '../../http/app/app.ts';
import { appMark } from '../../http/routes/app-mark.ts';

/**
 * The app among the exports of a module: the one called `name`; else the default export, then `app`, then the only App there is.
 *
 * @throws CortadoError `CORTADO_CLI`.
 */
export function findApp(exports: Readonly<Record<string, unknown>>, file: string, name?: string): App {
  if (name !== undefined) return namedApp(exports, file, name);
  if (isApp(exports['default'])) return exports['default'];
  if (isApp(exports['app'])) return exports['app'];
  const apps = Object.entries(exports).filter(([, value]) => isApp(value));
  if (apps.length === 1) return apps[0]![1] as App;
  const why =
    apps.length === 0
      ? noApp(exports['default'])
      : `exports several Apps. Choose one: --app ${apps.map(([other]) => other).join(' or --app ')}`;
  throw new CortadoError('CORTADO_CLI', `${shortPath(file)} ${why}`);
}

function noApp(value: unknown): string {
  if (value instanceof Promise) return 'exports a promise by default, not an App. Write: export default await …;';
  if (typeof value === 'function')
    return 'exports a function by default, not an App. Call it: export default createApp();';
  return 'exports no App. Add: export default app;';
}

function namedApp(exports: Readonly<Record<string, unknown>>, file: string, name: string): App {
  const value = exports[name];
  if (isApp(value)) return value;
  const what = name in exports ? `the export "${name}" is not an App` : `nothing is exported as "${name}"`;
  throw new CortadoError('CORTADO_CLI', `${shortPath(file)}: ${what}.`);
}

// By a well-known symbol and not by class: the file may have loaded another copy of Cortado.
function isApp(value: unknown): value is App {
  return typeof value === 'object' && value !== null && appMark in value;
}
