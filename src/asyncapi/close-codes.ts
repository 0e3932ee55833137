import type { SocketRoute } from '../declare/socket/socket.ts';

/** How a socket ends, in words: the codes of its close frames (RFC 6455, 7.4), as a list in Markdown. */
export function closeCodes({ definition, incoming, outgoing }: SocketRoute): string {
  const { settings } = definition.socket;
  const { text, bytes } = incoming.frames;
  const codes: readonly (readonly [code: string, what: string] | undefined)[] = [
    ['1000', `it is over${settings.idleTimeout === undefined ? '' : ', or nothing was said for too long'}`],
    ['1001', 'the app stops: come back'],
    text === undefined || !bytes
      ? ['1003', `${text === undefined ? 'text' : 'binary'} messages are not taken`]
      : undefined,
    ['1007', `a text was no UTF-8${settings.closeOnInvalid === true ? ', or a message was not as declared' : ''}`],
    ['1009', `a message was larger than ${settings.maxMessage ?? 1_048_576} bytes`],
    ['1011', `the app failed${outgoing.json === undefined ? '' : ', or was about to send what it must not'}`],
    ['1013', 'messages were taken too slowly, or the app is full: come back later'],
    [
      '4400 to 4499',
      `refused${settings.refuseByClose === true ? ', the handshake included' : ''}, with 4000 and the status that a request would have got`,
    ],
  ];
  const lines = codes.flatMap((one) => (one === undefined ? [] : [`- \`${one[0]}\`: ${one[1]}`]));
  return `Closed with:\n\n${lines.join('\n')}`;
}
