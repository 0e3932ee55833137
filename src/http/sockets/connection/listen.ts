import type { WebSocket } from 'ws';

/** Who hears what comes by a web socket. */
export interface SocketListener {
  arrived(data: Buffer, isBinary: boolean): void;
  heard(): void;
  gone(code: number, reason: Buffer): void;
}

// One function each for all connections: ten thousand with four closures each are a megabyte and more.
const own: unique symbol = Symbol('cortado.connection');

type Owned = WebSocket & { [own]: SocketListener };

export function listen(ws: WebSocket, listener: SocketListener): void {
  (ws as Owned)[own] = listener;
  ws.on('message', onMessage as never)
    .on('pong', onPong as never)
    .on('close', onClose as never);
  // What breaks it is told by its close, with the code that the other end was given.
  ws.on('error', ignore);
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

function ignore(): void {}
