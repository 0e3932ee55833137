import type { Logger } from '../../base/logger.ts';
import type { CloseOptions, StopReport } from './stop.ts';

export interface Stoppable {
  readonly log: Logger;
  readonly openRequests: number;
  close(options: CloseOptions): Promise<StopReport>;
}

/** Stops an app, logs how that went, and returns the exit code: 1 where something was cut, or failed to stop. */
export async function stopAndReport(app: Stoppable, options: CloseOptions): Promise<0 | 1> {
  try {
    app.log.info({ open: app.openRequests }, 'stopping: what is open may finish');
    const { ms, cut } = await app.close(options);
    app.log.info({ ms, cut: cut.length }, cut.length === 0 ? `stopped in order in ${ms} ms` : `stopped in ${ms} ms`);
    return cut.length === 0 ? 0 : 1;
  } catch (error) {
    app.log.error({ err: error }, 'the app failed to stop');
    return 1;
  }
}
