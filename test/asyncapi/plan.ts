import type { DocumentedChannel } from '../../src/declare/route/documented-channel.ts';
import type { RouteSettings } from '../../src/declare/route/route.ts';
import type { SocketDeclaration } from '../../src/declare/route/socket-declaration.ts';
import type { SocketDefinition, SocketRoute } from '../../src/declare/socket/socket.ts';
import type { Params } from '../../src/declare/values.ts';
import { planSocket } from '../../src/http/sockets/plan-socket.ts';
import type { App } from '../../src/index.ts';
import { Container } from '../../src/inject/container.ts';
import { silent } from '../support/silent-logger.ts';

/** A planned socket, by what `app.socket` takes. */
export function socketOf(
  path: string,
  {
    params = {},
    socket = {},
    settings = {},
  }: { params?: Params; socket?: Partial<SocketDeclaration>; settings?: RouteSettings } = {},
): SocketRoute {
  const definition: SocketDefinition = {
    method: 'GET',
    path,
    params,
    response: undefined,
    settings,
    socket: { incoming: 'text', outgoing: ['text', 'bytes'], each: {}, settings: {}, ...socket },
    handler: () => undefined,
  };
  return planSocket(definition, new Container(silent), {
    coerceBody: false,
    forbidExtra: false,
    nestedQuery: false,
  });
}

export interface TestedParts {
  readonly sockets?: readonly SocketRoute[];
  readonly app?: App;
  readonly channels?: readonly DocumentedChannel[];
}
