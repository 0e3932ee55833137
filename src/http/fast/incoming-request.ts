import type { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { nodeHttp } from '../../base/node-http.ts';
import type { FastPath } from './fast-paths.ts';

/** Called once: with a body, or with nothing where the client broke off. */
export type BodyTaken = (bytes: Buffer | undefined) => void;

/**
 * Takes a body, whose length must have been declared: Node lets no more through, so nothing needs to be counted. It calls back as the
 * last byte comes.
 *
 * @returns `false` where nothing is taken: a part has come already, somebody reads the stream, or has changed how it is listened to, as
 * tracers do that carry their context over to a request's listeners.
 */
export let takeBody: (request: IncomingRequest, taken: BodyTaken) => boolean;

const { on: listen } = nodeHttp.IncomingMessage.prototype as { readonly on: unknown };
const { _dump: dump } = nodeHttp.IncomingMessage.prototype as { readonly _dump?: (this: IncomingMessage) => void };
const hasEnded = Object.getOwnPropertyDescriptor(Readable.prototype, 'readableEnded')?.get;

/** What it takes of Node's request. */
export interface RequestParts {
  readonly _dump?: unknown;
  readonly _read?: unknown;
}

/**
 * Leans on the parser calling `push()` of the request, and on `complete` being set before the last of these calls; on `_read()`, which has the
 * parser go on, and `_dump()`, by which an answer's end lets go of its request. Seen with Node 24.21, 25.9 and
 * 26.10. Worth 2 to 3 of 20 µs of a small POST over a socket, and 0.7 to 1 of 15 µs of a GET, whose request is not ended as a stream.
 */
export const takenBodies: FastPath<RequestParts> = {
  name: 'taken bodies',
  of: 'Node',
  majors: [24, 25, 26],
  lacks: ({ _dump, _read }) => {
    if (typeof _read !== 'function') return 'an IncomingMessage has no _read()';
    if (typeof _dump !== 'function') return 'an IncomingMessage has no _dump()';
    if (hasEnded === undefined) return 'a Readable has no readableEnded';
    const request = new IncomingRequest(new Socket({ readable: false, writable: false }));
    const came: (string | undefined)[] = [];
    const isTaken = takeBody(request, (bytes) => came.push(bytes?.toString()));
    for (const piece of ['one', 'two']) request.push(Buffer.from(piece));
    request.complete = true;
    request.push(null);
    return isTaken && came.join() === 'onetwo' && request.readableEnded ? undefined : `a body of it is ${came}`;
  },
};

/** A body on its way; `taken` is called once. */
interface Intake {
  taken: BodyTaken | undefined;
  bytes: Buffer | undefined;
  chunks: Buffer[] | undefined;
}

/**
 * A request of Node's HTTP server whose body can be taken from the parser as it comes. The events, ticks and states of a stream cost more
 * than all else that a small POST needs; whoever wants the stream still has it.
 */
export class IncomingRequest extends nodeHttp.IncomingMessage {
  #intake: Intake | undefined;
  #isDumped = false;

  static {
    takeBody = (request, taken) => {
      if (request.complete || request.readableLength > 0) return false;
      if (request.readableFlowing !== null || request.on !== listen) return false;
      request.#intake = { taken, bytes: undefined, chunks: undefined };
      // At the end of an answer Node reads, and throws away, what nobody has asked for.
      nodeHttp.IncomingMessage.prototype._read.call(request, 0);
      return true;
    };
    // Node lets go of a request that has ended. TypeScript knows it as a property, which no accessor may override.
    Object.defineProperty(IncomingRequest.prototype, 'readableEnded', {
      configurable: true,
      get(this: IncomingRequest): boolean {
        return this.#intake === undefined ? this.#isDumped || hasEnded!.call(this) : this.complete;
      },
    });
  }

  /** Called by the parser: with each piece, then with `null`. */
  override push(chunk: Buffer | null, encoding?: BufferEncoding): boolean {
    const intake = this.#intake;
    if (intake === undefined) return super.push(chunk, encoding);
    if (chunk !== null) {
      // Most bodies arrive in one piece, which then needs neither a list nor a copy.
      if (intake.bytes === undefined) intake.bytes = chunk;
      else (intake.chunks ??= [intake.bytes]).push(chunk);
      return true;
    }
    if (this.#isWatched()) {
      super.push(null);
      this.resume();
    }
    callBack(intake, intake.chunks === undefined ? intake.bytes : Buffer.concat(intake.chunks));
    return false;
  }

  /** Called for whoever reads the stream: where its body was taken, it ends. */
  override _read(size: number): void {
    if (this.#intake !== undefined && this.complete) super.push(null);
    else super._read(size);
  }

  /** Called where the connection breaks off: first for the request, then for its answer. */
  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    if (this.#intake !== undefined) process.nextTick(callBack, this.#intake, undefined);
    super._destroy(error, callback);
  }

  /**
   * Called where an answer ends and nobody has read its request: Node reads it then, and ends its stream. Where nothing is left to read and
   * nobody listens, that is left out. It is not documented; without it, requests end as they did.
   */
  _dump(): void {
    if (this.complete && this.readableLength === 0 && !this.#isWatched()) this.#isDumped = true;
    else dump?.call(this);
  }

  #isWatched(): boolean {
    return this.readableFlowing !== null || this.listenerCount('end') > 0 || this.listenerCount('close') > 0;
  }
}

function callBack(intake: Intake, bytes: Buffer | undefined): void {
  const { taken } = intake;
  intake.taken = intake.bytes = intake.chunks = undefined;
  taken?.(bytes);
}
