import type { Gauge } from '../../../inject/component.ts';

/** What the sockets of a route have done in this process. */
export class SocketAccount {
  readonly route: string;
  open = 0;
  received = 0;
  sent = 0;
  /** Messages that were not as declared. */
  invalid = 0;
  readonly refused: Map<string, number> = new Map();

  constructor(route: string) {
    this.route = route;
  }

  refuse(cause: string): void {
    this.refused.set(cause, (this.refused.get(cause) ?? 0) + 1);
  }
}

/** @param waiting Bytes that clients have not taken yet, by route. */
export function socketGauges(accounts: readonly SocketAccount[], waiting: ReadonlyMap<SocketAccount, number>): Gauge[] {
  return accounts.flatMap((account): Gauge[] => {
    const { route, open, received, sent, invalid, refused } = account;
    const labels = { route };
    return [
      { name: 'cortado_sockets', help: 'Web sockets that are open, by route.', value: open, labels },
      message(received, { route, direction: 'in' }),
      message(sent, { route, direction: 'out' }),
      {
        name: 'cortado_socket_messages_invalid_total',
        help: 'Messages of clients that were not as declared, by route.',
        value: invalid,
        labels,
      },
      {
        name: 'cortado_socket_waiting_bytes',
        help: 'Bytes that clients of web sockets have not taken yet, by route.',
        value: waiting.get(account) ?? 0,
        labels,
      },
      ...[...refused].map(
        ([cause, value]): Gauge => ({
          name: 'cortado_sockets_refused_total',
          help: 'Handshakes of web sockets that were refused, by route and cause.',
          value,
          labels: { route, cause },
        }),
      ),
    ];
  });
}

function message(value: number, labels: Readonly<Record<string, string>>): Gauge {
  return {
    name: 'cortado_socket_messages_total',
    help: 'Messages of web sockets, by route and direction.',
    value,
    labels,
  };
}
