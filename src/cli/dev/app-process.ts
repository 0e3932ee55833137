// The process of `cortado dev` that runs the app: it is handed its connections, so that none is refused while it restarts.
import type { Socket } from 'node:net';
import { Server as TlsServer } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { keepCompiled } from '../../base/process/compile-cache.ts';
import { endProcess } from '../../base/process/end-process.ts';
import { outliveTerminal } from '../../base/process/hang-up.ts';
import { proxySettings } from '../app/app-arguments.ts';
import { loadApp } from '../app/load-app.ts';
import { surviveRejections } from '../process/survive-rejections.ts';
import { describeFailure } from '../terminal/describe-failure.ts';
import { refuseListening } from '../terminal/listen-failure.ts';
import { type AppSettings, type FromApp, sendToSupervisor, type ToApp } from './messages.ts';

// Requests in flight may finish before a restart, but nobody who edits wants to wait for a stream.
const deadline = 1000;
// A connection that was handed on just before has its request on the way.
const drain = 40;

keepCompiled();
process.on('disconnect', () => void endProcess(0));
// Ctrl-C and the end of the terminal reach this process as well; the one that restarts it decides.
for (const signal of ['SIGINT', 'SIGHUP']) process.on(signal, () => {});
outliveTerminal();
await serve(JSON.parse(process.argv[2]!) as AppSettings);

async function serve(served: AppSettings): Promise<void> {
  const { file, app: name, port } = served;
  try {
    // A breakpoint holds up the loop, which nobody has to be told.
    const watchdog = served.inspect === undefined && served.inspectBrk === undefined;
    const usual = { log: 'pretty', accessLog: true, taskLog: true, watchdog } as const;
    const app = await loadApp(
      file,
      name,
      { usual, decided: proxySettings(served) },
      { NODE_ENV: 'development', PORT: String(port) },
    );
    refuseListening(app);
    surviveRejections(app);
    await app.ready();
    // A kept connection would be reset by a restart; one that is new waits for it.
    app.server.server.maxRequestsPerSocket = 1;
    process.on('message', (message: ToApp, socket?: Socket) => {
      if (message.type === 'stop') void app.close({ deadline, drain }).finally(() => endProcess(0));
      else if (socket !== undefined) app.server.server.emit('connection', socket);
    });
    const title = app.openapi().info['title'] as string;
    const scheme = app.server.server instanceof TlsServer ? 'https' : 'http';
    sendToSupervisor({ type: 'ready', title, scheme, docs: app.docsPath });
  } catch (error) {
    const missing = missingFile(error);
    const failed: FromApp = { type: 'failed', lines: describeFailure(error), ...(missing && { missing }) };
    sendToSupervisor(failed, () => process.exit(1));
  }
}

function missingFile(error: unknown): string | undefined {
  const { code, url } = (error ?? {}) as { code?: unknown; url?: unknown };
  return code === 'ERR_MODULE_NOT_FOUND' && typeof url === 'string' && url.startsWith('file:')
    ? fileURLToPath(url)
    : undefined;
}
