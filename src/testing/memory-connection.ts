import type { Server } from 'node:net';
import { type Duplex, duplexPair } from 'node:stream';
import { Server as TlsServer } from 'node:tls';

// What servers and clients of HTTP do with a connection that is none of the network's.
const members = {
  setTimeout() {
    return this;
  },
  setNoDelay() {
    return this;
  },
  setKeepAlive() {
    return this;
  },
  ref() {
    return this;
  },
  unref() {
    return this;
  },
  destroySoon(this: Duplex) {
    this.end(() => this.destroy());
  },
  remoteAddress: '127.0.0.1',
  remoteFamily: 'IPv4',
  remotePort: 0,
};

// A pair hands on what is written before the call returns, which no network does: what sets a timer for an answer next would never end it.
function writesLater(end: Duplex): Pick<Duplex, '_write' | '_final'> {
  const [write, final] = [end._write.bind(end), end._final.bind(end)];
  return {
    _write: (chunk, encoding, done) => process.nextTick(write, chunk, encoding, done),
    _final: (done) => process.nextTick(final, done),
  };
}

/** Opens a connection to a server that need not listen, in memory; gives the client's end. */
export function memoryConnection(server: Server): Duplex {
  const [client, served] = duplexPair();
  const isTls = server instanceof TlsServer;
  for (const end of [client, served])
    Object.assign(end, members, writesLater(end), isTls && { encrypted: true, alpnProtocol: 'http/1.1' });
  // A pair tells the other end of what ended, not of what was destroyed.
  client.once('close', () => served.destroy());
  served.once('close', () => client.destroy());
  server.emit(isTls ? 'secureConnection' : 'connection', served);
  return client;
}
