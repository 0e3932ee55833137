import { isGeneratorFunction } from 'node:util/types';
import { checkOptions } from '../../base/check-options.ts';
import * as must from '../../base/check-values.ts';
import { invalidOption } from '../../base/error.ts';
import { checkParams } from '../../declare/check-params.ts';
import { isDependency } from '../../declare/dependency.ts';
import type { PathNames } from '../../declare/route/endpoint.ts';
import type { RouteSettings } from '../../declare/route/route.ts';
import type { SocketSettings } from '../../declare/route/socket-declaration.ts';
import { type SendableMessage, type SocketFormats, socketFrames } from '../../declare/route/socket-format.ts';
import type { LoopItem, ServerSocket, SocketDefinition, SocketEndpoint } from '../../declare/socket/socket.ts';
import type { Params, Values } from '../../declare/values.ts';
import type { RequestContext } from '../request/context.ts';
import { routeRules } from './option-rules.ts';
import type { PathDeclared } from './route-options.ts';

/** What a socket shares with routes. */
type OfRoutes = Pick<
  RouteSettings,
  | ('summary' | 'description' | 'tags' | 'deprecated' | 'documented' | 'externalDocs')
  | ('guards' | 'scopes' | 'limits' | 'config' | 'coerceBody' | 'forbidExtra')
>;

/** Options of a socket. */
export interface SocketOptions<
  P extends Params = Params,
  I extends SocketFormats = SocketFormats,
  O extends SocketFormats = SocketFormats,
  E extends Params = Params,
> extends OfRoutes,
    SocketSettings {
  /** Its inputs, read and checked before the handshake is answered: from the path, the query string, headers and cookies; or injected. */
  readonly params?: P;
  /** What clients send: `text` (the default), `bytes`, `json`, a schema of JSON messages, or a list of a kind of text and `bytes`. */
  readonly incoming?: I;
  /** What it sends, in the same words. Default: texts and bytes, as they are. */
  readonly outgoing?: O;
  /** What each message opens, a session for example; it comes with the message, and is closed before the next one. */
  readonly each?: E;
  /** Milliseconds that the handshake may take, with all that runs before it. Default: no limit. */
  readonly timeout?: number;
}

type Default = readonly ['text', 'bytes'];

/** A socket's function. */
export type SocketFunction<P extends Params, I extends SocketFormats, O extends SocketFormats, E extends Params> = (
  params: Values<P>,
  socket: ServerSocket<LoopItem<I, E>, SendableMessage<O>>,
  context: RequestContext,
) => unknown;

/** Adds a web socket, and returns it as a value. A path without parameters needs no options. */
export interface AddSocket {
  <
    const S extends string,
    P extends Params = Record<never, never>,
    const I extends SocketFormats = 'text',
    const O extends SocketFormats = Default,
    E extends Params = Record<never, never>,
  >(
    path: S,
    options: SocketOptions<P, I, O, E> & PathDeclared<S, P>,
    run: SocketFunction<P, I, O, E>,
  ): SocketEndpoint<S, P, I, O>;
  <const S extends string>(
    path: [PathNames<S>] extends [never] ? S : `the path has parameters, so pass { params: { … } } before the function`,
    run: SocketFunction<Record<never, never>, 'text', Default, Record<never, never>>,
  ): SocketEndpoint<S, Record<never, never>, 'text', Default>;
}

const settingRules: must.Rules<SocketSettings> = {
  subprotocols: {
    wanted: "an array of names, ['chat.v1'], without spaces and commas",
    fits: (value) =>
      Array.isArray(value) && value.every((one) => typeof one === 'string' && /^[\w!#$%&'*+.^`|~-]+$/.test(one)),
  },
  origins: {
    wanted: "'*', or an array of origins, ['https://example.com']",
    fits: (value) => value === '*' || (Array.isArray(value) && value.every(isOrigin)),
  },
  pingInterval: must.milliseconds,
  pingTimeout: must.milliseconds,
  idleTimeout: must.milliseconds,
  maxMessage: must.whole(1, 'bytes, '),
  maxWaiting: must.whole(1, 'bytes, '),
  maxConnections: must.whole(1),
  maxPerClient: must.whole(1),
  client: { wanted: 'a dependency that gives a text', fits: isDependency },
  perMessageDeflate: must.flag,
  closeOnInvalid: must.flag,
  refuseByClose: must.flag,
};

const shared = [
  ...(['params', 'guards', 'scopes', 'timeout', 'limits', 'config', 'coerceBody', 'forbidExtra'] as const),
  ...(['summary', 'description', 'tags', 'deprecated', 'documented', 'externalDocs'] as const),
];

const rules: must.Rules = {
  ...Object.fromEntries(shared.map((name) => [name, routeRules[name]!])),
  ...settingRules,
  incoming: must.anything,
  outgoing: must.anything,
  each: must.object,
};

function isOrigin(value: unknown): boolean {
  if (typeof value !== 'string') return false;
  const origin = URL.parse(value)?.origin;
  return origin !== undefined && origin !== 'null' && origin === value.toLowerCase();
}

/** A socket as data, of what `app.socket` was given. */
export function socketDefinitionOf(path: string, rest: readonly unknown[]): SocketDefinition {
  const owner = `SOCKET ${path}`;
  const [options, handler] = (rest.length > 1 ? rest : [{}, rest[0]]) as [Record<string, unknown>, unknown];
  if (typeof handler !== 'function' || typeof options !== 'object' || options === null || rest.length > 2)
    throw invalidOption(`${owner}: expected (path, function) or (path, options, function).`);
  if (isGeneratorFunction(handler))
    throw invalidOption(`${owner}: nobody takes what its function yields; send it, with await socket.send(…).`);
  checkParams(owner, options['params']);
  checkParams(owner, options['each']);
  checkOptions(owner, options, rules);
  const all = options as SocketOptions;
  const { params = {}, incoming = 'text', outgoing = ['text', 'bytes'], each = {} } = all;
  socketFrames(`${owner}: incoming`, incoming);
  socketFrames(`${owner}: outgoing`, outgoing);
  if (all.client !== undefined && all.maxPerClient === undefined)
    throw invalidOption(`${owner}: client tells whom maxPerClient counts; give both.`);
  const own = Object.fromEntries(Object.entries(options).filter(([name]) => name in settingRules));
  const settings = Object.fromEntries(
    Object.entries(options).filter(([name]) => (shared as readonly string[]).includes(name) && name !== 'params'),
  );
  return {
    method: 'GET',
    path,
    params,
    response: undefined,
    settings,
    handler: handler as SocketDefinition['handler'],
    socket: { incoming, outgoing, each, settings: own },
  };
}
