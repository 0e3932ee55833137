// One process of `cortado run --workers`.
import { keepCompiled } from '../../base/process/compile-cache.ts';
import { endProcess } from '../../base/process/end-process.ts';
import { outliveTerminal } from '../../base/process/hang-up.ts';
import { stopOnSignal } from '../process/stop-on-signal.ts';
import { describeFailure } from '../terminal/describe-failure.ts';
import type { FromWorker, ToWorker } from './messages.ts';
import { listen, type ServeSettings } from './serve.ts';

// Milliseconds: another worker has the port by now, so nobody waits for this one.
const linger = 1000;

keepCompiled();
// Ctrl-C and the end of a terminal reach every process of its group; the primary decides.
for (const signal of ['SIGINT', 'SIGHUP']) process.on(signal, () => {});
outliveTerminal();
const settings = JSON.parse(process.argv[2]!) as ServeSettings;
try {
  const { deadline, drain } = settings;
  const stop = stopOnSignal(await listen(settings, true), { deadline, drain, linger }, ['SIGTERM'], leave);
  process.on('message', (message: ToWorker) => message.type === 'stop' && stop());
  tell({ type: 'ready' });
} catch (error) {
  tell({ type: 'failed', lines: describeFailure(error) }, () => process.exit(1));
}

// A connection may be on its way from the primary while this worker closes. It is given back when it arrives; with a worker that is gone
// by then it would stay open, and never be answered. Messages keep their order, so the answer comes behind all such connections.
function leave(code: number): void {
  if (!process.connected) return void endProcess(code);
  process.once('disconnect', () => void endProcess(code));
  process.on('message', (message: ToWorker) => message.type === 'leave' && void endProcess(code));
  tell({ type: 'leaving' });
}

function tell(message: FromWorker, sent?: () => void): void {
  process.send?.(message, undefined, undefined, () => sent?.());
}
