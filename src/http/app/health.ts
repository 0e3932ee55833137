import { checkOptions } from '../../base/check-options.ts';
import { component } from '../../base/component-key.ts';
import type { Dependency } from '../../declare/dependency.ts';
import type { RouteDefinition } from '../../declare/route/route.ts';
import type { Component } from '../../inject/component.ts';

/** Options of {@link health}. */
export interface HealthOptions {
  /** Path that tells whether the process answers at all. Default `/livez`. */
  readonly live?: string;
  /** Path that tells whether it can serve. Default `/readyz`. */
  readonly ready?: string;
  /** Run before both routes, whose reasons tell about the inside of the app. Default: none. */
  readonly guards?: readonly Dependency<unknown, string>[];
}

/**
 * Serves the routes that load balancers and orchestrators ask, named as Kubernetes names its own. `GET /livez` answers 200 as long as the loop
 * turns. `GET /readyz` answers 200 where the app can serve, and 503 with the reasons where it cannot: it stops, or something that it uses
 * is not open, full or away; databases are asked. While a stop lets connections in (`drain`), that is how the balancer learns of it.
 *
 * @throws CortadoError `CORTADO_OPTION_UNKNOWN`; `CORTADO_PATH_INVALID` and `CORTADO_ROUTE_DUPLICATE` when the app uses it.
 * @example
 * ```ts
 * app.use(health());
 * ```
 */
export function health(options: HealthOptions = {}): Component<unknown> {
  checkOptions('health()', options, ['live', 'ready', 'guards']);
  const { live = '/livez', ready = '/readyz', guards = [] } = options;
  const settings = { documented: false, limits: false, guards } as const;
  const probe = (path: string, handler: () => Response | Promise<Response>): RouteDefinition => {
    return { method: 'GET', path, params: {}, response: undefined, settings, handler };
  };
  return {
    [component]: ({ notReady, check }) => ({
      name: 'health',
      routes: [
        probe(live, () => answer(200, { status: 'live' })),
        probe(ready, async () => {
          await check();
          return readiness(notReady());
        }),
      ],
    }),
  };
}

function readiness(reasons: readonly string[]): Response {
  if (reasons.length === 0) return answer(200, { status: 'ready' });
  return answer(503, { status: 'not ready', reasons }, { 'retry-after': '1' });
}

// A cache that kept it would tell of another time.
function answer(status: number, body: object, headers: Readonly<Record<string, string>> = {}): Response {
  return Response.json(body, { status, headers: { 'cache-control': 'no-store', ...headers } });
}
