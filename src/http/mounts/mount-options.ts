import * as must from '../../base/check-values.ts';
import type { Dependency } from '../../declare/dependency.ts';

/** Options of `app.mount`. */
export interface MountOptions {
  /** Run before a byte of the request is handed on. The app's own `guards` run before them. */
  readonly guards?: readonly Dependency<unknown, string>[];
  /** `false`: never refused by the app's `limits`, and not counted by them. Default: they hold. */
  readonly limits?: false;
  /** Milliseconds until the client gets a 504. A web socket is timed until its handshake is done. Default: no limit. */
  readonly timeout?: number;
  /**
   * Largest body in bytes. Default: for a fetch handler the app's `bodyLimit`; another App, an Express app and the service behind a proxy have
   * limits of their own.
   */
  readonly bodyLimit?: number;
  /** Its name in reports and among the parts of the app. Default: the prefix. */
  readonly name?: string;
}

export const mountRules: must.Rules<MountOptions> = {
  guards: must.dependencies,
  limits: { wanted: 'false (an app has the others)', fits: (value) => value === false },
  timeout: must.milliseconds,
  bodyLimit: must.whole(1, 'bytes, '),
  name: must.string,
};
