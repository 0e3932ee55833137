import { outliveTerminal } from '../../base/process/hang-up.ts';
import type { CommandSettings } from '../../base/process/process-settings.ts';
import type { App } from '../../http/app/app.ts';
import { type ProxyArguments, proxySettings } from '../app/app-arguments.ts';
import { loadApp } from '../app/load-app.ts';
import { stopOnSignal } from '../process/stop-on-signal.ts';
import { surviveRejections } from '../process/survive-rejections.ts';
import { listenFailure, refuseListening } from '../terminal/listen-failure.ts';

/** What `cortado run` serves, and where. */
export interface ServeSettings extends ProxyArguments {
  readonly file: string;
  readonly app: string | undefined;
  readonly host: string;
  readonly port: number;
  /** Milliseconds that a stop may take. */
  readonly deadline: number;
  /** Milliseconds of a stop for which connections are still let in. */
  readonly drain: number;
}

/** Loads an app and listens; `hasRelay` says that the primary of this process gathers the metrics of its workers. */
export async function listen(served: ServeSettings, hasRelay = false): Promise<App> {
  const { file, app: name, host, port } = served;
  const settings: CommandSettings = {
    usual: { accessLog: true, taskLog: true },
    decided: { hasRelay, ...proxySettings(served) },
  };
  const app = await loadApp(file, name, settings, { NODE_ENV: 'production', PORT: String(port) });
  refuseListening(app);
  surviveRejections(app);
  await app.ready();
  try {
    await app.listen({ host, port });
  } catch (error) {
    await app.close({ deadline: 0 }).catch(() => {});
    throw listenFailure(error, host, port);
  }
  return app;
}

/** Serves an app in this process until a signal stops it. */
export async function serve(settings: ServeSettings): Promise<void> {
  const { deadline, drain } = settings;
  outliveTerminal();
  stopOnSignal(await listen(settings), { deadline, drain }, ['SIGINT', 'SIGTERM', 'SIGHUP']);
}
