import { shown, string } from '../../base/check-values.ts';
import { invalidOption } from '../../base/error.ts';
import type { Dependency } from '../../declare/dependency.ts';
import type { RequestContext } from '../../http/request/context.ts';
import { type Granted, type SchemeOptions, schemeDependency } from './scheme.ts';

/** Options of {@link subprotocolToken}. */
export interface SubprotocolTokenOptions<Verdict = true, Optional extends boolean = false>
  extends SchemeOptions<string, Verdict, Optional> {
  /** What stands before the token, letters, digits, `.`, `_` and `-`. Default `token.`. */
  readonly prefix?: string;
}

/**
 * Reads a token out of the subprotocols that a web socket's client offers, the one place where a browser lets a page say one:
 * `new WebSocket(url, ['chat.v1', 'token.' + token])`. Its value is the token, without the prefix, or what `verify` makes of it. It is for sockets,
 * so the OpenAPI document has nothing of it.
 *
 * Without one, or with an empty one, it answers 401, `WWW-Authenticate: Subprotocol` and `{"detail":"Not authenticated"}`. It is never what is
 * agreed on, since a socket agrees on its declared `subprotocols` alone; a browser that offered some and got none closes the connection, so name one
 * beside it. A token has the characters of RFC 9110, 5.6.2: base64url and a JWT do, base64 with `=` and `/` does not.
 *
 * @throws CortadoError `CORTADO_OPTION_UNKNOWN` or `CORTADO_OPTION_INVALID` at declaration.
 * @example
 * ```ts
 * const user = subprotocolToken({ verify: (token) => userOf(token) });
 * app.socket('/rooms/{room}', { params: { room: z.string(), user }, subprotocols: ['chat.v1'] }, serve);
 * ```
 */
export function subprotocolToken<Verdict = true, const Optional extends boolean = false>(
  options: SubprotocolTokenOptions<Verdict, Optional> = {},
): Dependency<NoInfer<Granted<string, Verdict, Optional>>> {
  const { prefix = 'token.', description } = options;
  if (typeof prefix !== 'string' || !/^[\w.-]+$/.test(prefix))
    throw invalidOption(
      `subprotocolToken(): prefix must be letters, digits, ".", "_" and "-", 'token.' for example, not ${shown(prefix)}.`,
    );
  const words = `A token among the subprotocols that the client offers, as \`${prefix}…\`. It is never the one that is agreed on.`;
  return schemeDependency(
    {
      owner: 'subprotocolToken()',
      defaultName: 'SubprotocolToken',
      openApi: { type: 'apiKey', in: 'header', name: 'sec-websocket-protocol' },
      challenge: 'Subprotocol',
      socketsOnly: true,
      read: (context) => tokenOf(context, prefix),
    },
    { ...options, description: description === undefined ? words : `${description}\n\n${words}` },
    { prefix: string },
  );
}

function tokenOf({ headers }: RequestContext, prefix: string): string | undefined {
  // Sent in several lines, it is one list (RFC 6455, 11.3.4).
  const offered = headers['sec-websocket-protocol']?.split(',').map((name) => name.trim()) ?? [];
  return offered.find((name) => name.startsWith(prefix))?.slice(prefix.length) || undefined;
}
