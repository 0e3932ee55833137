import { setImmediate as immediate } from 'node:timers/promises';
import type { WebSocket } from 'ws';
import { isThenable } from '../../../base/is-thenable.ts';
import { runInFrame } from '../../../concurrency/frame.ts';
import type { SendOptions, SocketEnd } from '../../../declare/socket/socket.ts';
import { type Closing, success } from '../../../inject/close.ts';
import type { Scope } from '../../../inject/scope.ts';
import { beginSegment, endSegment } from '../../../loop/measure/segment.ts';
import { expire, expiryOf, type RequestContext } from '../../request/context.ts';
import { logThrown } from '../../request/log-thrown.ts';
import { RequestAborted } from '../../request/request-aborted.ts';
import { type CloseReason, closeReasonOf, shortReason } from '../messages/close-reason.ts';
import type { Leaving } from '../messages/frame.ts';
import type { Accepted } from './accepted.ts';
import { Inbox, twoLoops } from './inbox.ts';
import { listenTo, type SocketListener } from './listen-to.ts';
import { MessageUnit } from './message-unit.ts';
import type { PreparedSocket } from './prepared-socket.ts';
import { SocketSender } from './sender.ts';
import { SocketFrame } from './socket-frame.ts';
import { type Taking, takeNext } from './take-next.ts';

// Milliseconds for what came before a client said good-bye.
const lastWork = 10_000;

/** Of a message that need not be waited for. */
export const through: Promise<void> = Promise.resolve();

// What a client has brought about, by leaving for example, must not end the process where nobody awaits the promise that tells of it.
function unheard<T>(sending: Promise<T>): Promise<T> {
  sending.catch(() => {});
  return sending;
}

// What it does before it waits for the first time.
function inSegment(run: () => unknown): unknown {
  const began = beginSegment();
  try {
    return run();
  } finally {
    endSegment(began, 'handler');
  }
}

/** One web socket, from its handshake to its end. */
export class Connection implements SocketListener, Taking {
  readonly ws: WebSocket;
  readonly sender: SocketSender;
  readonly frame: SocketFrame;
  readonly prepared: PreparedSocket;
  readonly context: RequestContext;
  readonly #lasting: Scope | undefined;
  readonly inbox: Inbox;
  readonly unit: MessageUnit;
  /** Whether it is closed with this, once its work is over. */
  #closing: SocketEnd | undefined;
  #end: SocketEnd | undefined;
  #grace: NodeJS.Timeout | undefined;
  #logged: unknown;
  #isWorking = true;
  pending: Promise<unknown> | undefined;
  #closed: (() => void) | undefined;
  /** Called once, as it is closed. */
  whenGone: Set<() => void> | undefined;
  received = 0;
  /** When it was heard of last, and when it was asked whether it is there; milliseconds. */
  heardAt: number;
  askedAt = 0;
  /** When a message came or went last. */
  busyAt: number;

  constructor({ ws, raw, prepared, context, lasting, values }: Accepted) {
    this.ws = ws;
    this.prepared = prepared;
    this.context = context;
    this.#lasting = lasting;
    this.frame = new SocketFrame(prepared.route, prepared.container, context, values);
    this.inbox = new Inbox(ws);
    this.sender = new SocketSender(ws, raw, prepared);
    this.unit = new MessageUnit(this.frame, this.sender);
    this.heardAt = this.busyAt = prepared.clock.now;
    listenTo(ws, this);
    prepared.readSmall()?.(ws, raw, this, prepared.limits.maxMessage);
  }

  get end(): SocketEnd | undefined {
    return this.#end;
  }

  /** Whether it takes no more messages. */
  get isClosing(): boolean {
    return this.#closing !== undefined;
  }

  /** Whether nothing more is sent by it. */
  get isShut(): boolean {
    return this.#end !== undefined || this.#closing !== undefined;
  }

  /** Whether a message is worked on, or waits for that. */
  get isWorking(): boolean {
    return this.unit.isOpen || !this.inbox.isEmpty;
  }

  /** Asks the client whether it is there. */
  ask(now: number): void {
    this.askedAt = now;
    this.ws.ping();
  }

  heard(): void {
    this.heardAt = this.prepared.clock.now;
  }

  arrived(data: Buffer | string, isBinary: boolean): void {
    this.heardAt = this.busyAt = this.prepared.clock.now;
    this.received++;
    this.prepared.account.received++;
    if (this.#closing === undefined) this.inbox.add(isBinary ? data : data.toString('utf8'));
  }

  broken(code: number): void {
    this.#left(code, '');
  }

  gone(code: number, reason: Buffer): void {
    this.#closed?.();
    if (this.#end === undefined) this.#left(code, reason.toString('utf8'));
  }

  #left(code: number, reason: string): void {
    this.#end = { code, reason };
    const { whenGone } = this;
    this.whenGone = undefined;
    for (const hear of whenGone ?? []) hear();
    // Whoever says that all was said leaves work behind; whoever is lost waits for nothing.
    const isWell = code === 1000 || code === 1005;
    this.inbox.end(!isWell);
    if (!this.#isWorking) return;
    if (isWell && (this.unit.isOpen || !this.inbox.isEmpty)) this.#grace = setTimeout(() => this.#giveUp(), lastWork);
    else this.#giveUp();
  }

  #giveUp(reason: RequestAborted = new RequestAborted('client-gone')): void {
    if (expiryOf(this.context) === undefined) expire(this.context, reason);
  }

  /** Runs the socket's function to its end, closes all, and calls back. While it runs nothing more is kept than has to be. */
  serve(run: () => unknown, done: () => void): void {
    let running: unknown;
    try {
      running = runInFrame(this.frame, inSegment, run);
    } catch (error) {
      running = Promise.reject(error);
    }
    void Promise.resolve(running)
      .then(
        () => this.#finish(success),
        (error: unknown) => this.#finish({ failed: true, error }),
      )
      .then(done);
  }

  async #finish(ended: Closing): Promise<void> {
    const outcome = await this.#closeAll(ended);
    this.#isWorking = false;
    clearTimeout(this.#grace);
    const { code, reason, isUnexpected } = this.#reasonOf(outcome);
    // What it has started and left behind, a feed for example.
    this.#giveUp();
    if (isUnexpected && outcome.failed) this.#log(outcome.error);
    this.#shut(code, reason);
    if (this.ws.readyState !== this.ws.CLOSED)
      await new Promise<void>((resolve) => {
        this.#closed = resolve;
      });
  }

  async #closeAll(ended: Closing): Promise<Closing> {
    let outcome = ended;
    // A function may end without waiting for the message that it has asked for: what that opens is still to be closed.
    this.inbox.end(true);
    while (this.pending !== undefined) await this.pending.catch(() => {});
    // An iterator is not told whether its loop was left or broke off: the function's own end tells.
    try {
      if (this.unit.isOpen) await this.unit.close(outcome.failed ? outcome : this.#unitOutcome());
    } catch (error) {
      outcome = { failed: true, error };
    }
    const lasting = this.#lasting;
    if (lasting === undefined) return outcome;
    outcome = await runInFrame(this.frame, () => lasting.close(outcome));
    return runInFrame(this.frame, () => lasting.closeAfterSend(outcome));
  }

  #reasonOf(outcome: Closing): CloseReason {
    if (outcome.failed && !(outcome.error === expiryOf(this.context) && this.#closing !== undefined))
      return closeReasonOf(outcome.error);
    return { ...(this.#closing ?? { code: 1000, reason: '' }), isUnexpected: false };
  }

  /** The loop asks for the next message: what it did with the last one is over. */
  next(): Promise<IteratorResult<unknown>> {
    // What another one opens meanwhile would be closed by nobody.
    if (this.pending !== undefined) return Promise.reject(twoLoops());
    if (!this.unit.isOpen) return takeNext(this);
    this.busyAt = this.prepared.clock.now;
    const closing = this.unit.close(this.#unitOutcome());
    if (closing === undefined) return takeNext(this);
    this.pending = closing;
    return this.#takeAfter(closing);
  }

  async #takeAfter(closing: Promise<void>): Promise<IteratorResult<unknown>> {
    try {
      await closing;
    } finally {
      this.pending = undefined;
    }
    return takeNext(this);
  }

  // What a client that was lost will never see must not be committed.
  #unitOutcome(): Closing {
    const expiry = expiryOf(this.context);
    return expiry === undefined ? success : { failed: true, error: expiry };
  }

  /** Checks and encodes a message, and sends it or lays it aside. */
  send(message: unknown, options: SendOptions | undefined): Promise<void> {
    try {
      const leaving = this.prepared.write(message);
      return isThenable(leaving)
        ? this.#passLater(leaving as Promise<Leaving>, options)
        : this.pass(leaving as Leaving, options);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #passLater(leaving: Promise<Leaving>, options: SendOptions | undefined): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    leaving.then((late) => {
      unheard(promise);
      resolve(this.pass(late, options));
    }, reject);
    return promise;
  }

  /** Sends what is encoded already, or lays it aside. */
  pass(leaving: Leaving, options?: SendOptions): Promise<void> {
    const gone = expiryOf(this.context) ?? this.#whyShut();
    if (gone !== undefined) return unheard(Promise.reject(gone));
    if (!this.unit.isOpen || options?.now === true) {
      // Nobody takes what is said after a good-bye: a loop that only sends would let nothing else run, not even the end of its time.
      if (this.ws.readyState !== this.ws.OPEN) return immediate();
      const sending = this.sender.send(leaving);
      return sending === undefined ? through : unheard(sending);
    }
    const isLaid = this.unit.lay(leaving, this.prepared.limits.maxWaiting);
    return isLaid ? through : unheard(Promise.reject(this.sender.overflow()));
  }

  // What was said before a good-bye is still worked off, though there is nobody to answer.
  #whyShut(): RequestAborted | undefined {
    if (this.unit.isOpen || (this.ws.readyState === this.ws.OPEN && this.#closing === undefined)) return undefined;
    return new RequestAborted(this.#closing?.code === 1001 ? 'stopping' : 'client-gone');
  }

  /** Closes it once what was sent has left; its loop ends. */
  close(code: number, reason: string): void {
    if (this.#closing !== undefined) return;
    this.#closing = { code, reason: shortReason(reason) };
    // The loop may wait for a message; one that works goes on to its end first.
    this.inbox.end(true);
    if (!this.unit.isOpen) this.#shut(code, this.#closing.reason);
  }

  /** The app stops: the unit that is open ends in order, and nothing begins. */
  leave(): void {
    this.close(1001, 'The app stops');
  }

  /** The stop waits no longer: what it works on is given up, and its client told. */
  cut(reason: RequestAborted): void {
    this.#giveUp(reason);
    this.leave();
    this.#shut(this.#closing!.code, this.#closing!.reason);
  }

  /** What runs beside its function has failed. */
  fail(error: unknown): void {
    const { code, reason, isUnexpected } = closeReasonOf(error);
    if (isUnexpected) this.#log(error);
    this.close(code, reason);
  }

  // Once, though a function may wait for what failed beside it.
  #log(error: unknown): void {
    if (error === this.#logged && error !== undefined) return;
    this.#logged = error;
    logThrown(this.context.log, error, { route: this.prepared.route.name }, 'the socket failed');
  }

  /** It was lost, or takes nothing. */
  drop(): void {
    this.ws.terminate();
  }

  #shut(code: number, reason: string): void {
    // Its own good-bye is not read otherwise.
    if (this.ws.isPaused) this.ws.resume();
    this.ws.close(code, reason);
  }
}
