import { CortadoError } from '../../base/error.ts';
import type { App } from '../../http/app/app.ts';

/** Turns Node's error on listening into a line that says what to do. */
export function listenFailure(error: unknown, host: string, port: number): unknown {
  const advice = reasons[(error as NodeJS.ErrnoException).code ?? ''];
  return advice === undefined ? error : new CortadoError('CORTADO_CLI', advice(host, port), { cause: error });
}

/** Refuses an app whose own file has asked it to listen, which the command is about to do. Throws `CORTADO_CLI`. */
export function refuseListening(app: App): void {
  if (app['~listens']) throw new CortadoError('CORTADO_CLI', `the app listens already. ${listenElsewhere}`);
}

/** What to do about a file that listens by itself. */
export const listenElsewhere =
  'Take app.listen() out of its file, or write `if (import.meta.main) await app.listen(…)`: then it listens only where Node itself runs the file.';

const reasons: Readonly<Record<string, (host: string, port: number) => string>> = {
  EADDRINUSE: (host, port) =>
    `port ${port} of ${host} is in use. Stop what uses it, or take another: --port ${port < 65_535 ? port + 1 : 8000}`,
  EACCES: (_host, port) => `this user may not listen on port ${port}. Take one above 1023: --port 8000`,
  EADDRNOTAVAIL: (host) => `this machine has no address ${host}. Use --host 127.0.0.1, or 0.0.0.0 for all.`,
  ENOTFOUND: (host) => `the host name ${host} is not known. Use --host 127.0.0.1, or 0.0.0.0 for all.`,
};
