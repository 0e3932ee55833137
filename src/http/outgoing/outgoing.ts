import { checkOptions } from '../../base/check-options.ts';
import { type Rules, shown } from '../../base/check-values.ts';
import { invalidOption } from '../../base/error.ts';
import { checkParams } from '../../declare/check-params.ts';
import { planFunction } from '../../declare/plan/plan-function.ts';
import type { ResponseOption } from '../../declare/route/endpoint.ts';
import { isMedia } from '../../declare/route/media.ts';
import {
  type Callback,
  type Method,
  methods,
  type Route,
  type RouteDefinition,
  type RouteDocs,
} from '../../declare/route/route.ts';
import type { Params } from '../../declare/values.ts';
import { checkOperation } from '../../openapi/options/check-documented.ts';
import { describeSchema } from '../../schema/describe-schema.ts';
import { isSchema } from '../../schema/standard.ts';
import { routeRules } from '../routes/option-rules.ts';
import { refuseBody } from '../routes/plan-route.ts';

/** What the documentation says of a request that the app sends. */
export interface OutgoingOptions extends Omit<RouteDocs, 'callbacks'> {
  /** What the app sends, as the parameters of a route: query, headers, cookies, body. */
  readonly params?: Params;
  /** Schema of the answer that the app expects. */
  readonly response?: ResponseOption;
  /** Status of that answer. Default 200. */
  readonly status?: number;
}

// What a server does for a route, nobody does for a request that it sends.
const served = ['guards', 'scopes', 'timeout', 'bodyLimit', 'coerceBody', 'limits', 'config', 'callbacks'];
const rules: Rules = Object.fromEntries(Object.entries(routeRules).filter(([name]) => !served.includes(name)));

/**
 * Documents a request that the app sends to a client in return for one of its own: where to, what, and what it expects to be answered.
 *
 * @param url Where to, with expressions of OpenAPI for what the client has sent: `{$request.body#/callback}/paid`.
 * @throws CortadoError `CORTADO_OPTION_UNKNOWN`, `CORTADO_OPTION_INVALID`.
 * @example
 * ```ts
 * const paid = callback('POST', '{$request.body#/callback}/paid', { params: { receipt: Receipt }, response: Received });
 * app.post('/invoices', { params: { invoice: Invoice }, callbacks: { paid } }, ({ invoice }) => bill(invoice));
 * ```
 */
export function callback(method: Method, url: string, options: OutgoingOptions = {}): Callback {
  if (typeof url !== 'string' || url === '')
    throw invalidOption(
      `callback(): its url must be a text, '{$request.body#/callback}' for example, not ${shown(url)}.`,
    );
  return { kind: 'callback', route: planOutgoing(`callback ${method} ${url}`, method, url, options) };
}

/** Plans a request that the app sends, as a route that nobody serves. */
export function planOutgoing(name: string, method: Method, path: string, options: OutgoingOptions): Route {
  if (!methods.includes(method)) throw invalidOption(`${name}: its method must be one of ${methods.join(', ')}.`);
  checkOptions(name, options, rules);
  checkOperation(name, options);
  const { params: declared = {}, response: answer, ...settings } = options;
  checkParams(name, declared);
  if (answer !== undefined && !isSchema(answer) && !isMedia(answer))
    throw invalidOption(`${name}: response must be a Standard Schema, z.object({ … }) for example.`);
  const definition: RouteDefinition = {
    method,
    path,
    params: declared,
    response: isMedia(answer) ? undefined : answer,
    ...(isMedia(answer) && { media: answer }),
    settings,
    handler: () => undefined,
  };
  const plan = planFunction({ owner: name, params: declared, pathNames: [] });
  refuseBody(definition, plan);
  const output = definition.response && describeSchema(definition.response, 'output', `${name}: response`);
  return { definition, name, template: unmatched(path), plan, status: options.status ?? 200, output };
}

// It is where to, and no path of the app.
function unmatched(source: string): Route['template'] {
  return { source, names: [], url: source, form: source, wildcard: undefined, matches: () => false };
}
