import type { WebSocket } from 'ws';

/** Who hears what comes by a web socket. */
export interface SocketListener {
  arrived(data: Buffer, isBinary: boolean): void;
  heard(): void;
  /** What it sent was none of the protocol: it was told so with this code, and nothing more is read. */
  broken(code: number): void;
  gone(code: number, reason: Buffer): void;
}

// One function each for all connections: ten thousand with four closures each are a megabyte and more.
const own: unique symbol = Symbol('cortado.connection');

type Owned = WebSocket & { [own]: SocketListener };

export function listenTo(ws: WebSocket, listener: SocketListener): void {
  (ws as Owned)[own] = listener;
  ws.on('message', onMessage as never)
    .on('pong', onPong as never)
    .on('close', onClose as never)
    .on('error', onError as never);
}

function onMessage(this: Owned, data: Buffer, isBinary: boolean): void {
  this[own].arrived(data, isBinary);
}

function onPong(this: Owned): void {
  this[own].heard();
}

function onClose(this: Owned, code: number, reason: Buffer): void {
  this[own].gone(code, reason);
}

// What ws closes it with, by the codes of its errors; those of the connection itself have no other, and its close follows at once.
const codes: Readonly<Record<string, number>> = {
  WS_ERR_INVALID_UTF8: 1007,
  WS_ERR_TOO_MANY_BUFFERED_PARTS: 1008,
  WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH: 1009,
  WS_ERR_UNSUPPORTED_MESSAGE_LENGTH: 1009,
};

function onError(this: Owned, { code = '' }: NodeJS.ErrnoException): void {
  if (code.startsWith('WS_ERR_')) this[own].broken(codes[code] ?? 1002);
}
