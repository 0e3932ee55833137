import type { Target, TargetMaker } from '../mounts/target.ts';
import { upgradeOf } from '../server/upgrades.ts';
import { forward } from './forward.ts';
import { forwardSocket } from './forward-socket.ts';
import { type ProxyOptions, upstreamOf } from './upstream.ts';

/**
 * A service elsewhere, to be mounted: `app.mount(prefix, proxy(url))` hands requests on to it that the app has no route for, so that an app
 * takes over from another one route by route. Bodies and answers are streamed, web sockets pass, and what clients say of themselves by
 * `x-forwarded-…` is said anew.
 *
 * @param url Where the service is, `http://127.0.0.1:9000`; its path stands before each path that is handed on.
 * @throws CortadoError `CORTADO_OPTION_INVALID` for an address that is none, `CORTADO_OPTION_UNKNOWN`.
 * @example
 * ```ts
 * app.get('/orders/{id}', { params: { id: z.int() } }, ({ id }) => load(id));
 * app.mount('/', proxy('http://127.0.0.1:9000'));
 * ```
 */
export function proxy(url: string | URL, options: ProxyOptions = {}): TargetMaker {
  const upstream = upstreamOf(url, options);
  return {
    '~target': (): Target => ({
      kind: 'proxy',
      inner: undefined,
      bodyLimit: Number.POSITIVE_INFINITY,
      keepsTime: false,
      handOn: (passage, place) => {
        const upgrade = upgradeOf(passage.request.raw);
        return upgrade === undefined
          ? forward(upstream, passage, place)
          : forwardSocket(upstream, passage, place, upgrade);
      },
      // What is kept open for further requests.
      parts: { stop: () => upstream.agent.destroy() },
      wantsUpgrade: () => upstream.webSockets,
    }),
  };
}
