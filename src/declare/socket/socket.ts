import type { Field } from '../../schema/field.ts';
import type { JsonSchema } from '../../schema/json/json-schema.ts';
import type { Feed, FeedEvent } from '../feed.ts';
import type { Plan } from '../plan/plan.ts';
import type { Route, RouteDefinition } from '../route/route.ts';
import type { SocketDeclaration } from '../route/socket-declaration.ts';
import type { Frames, ReceivedMessage, SendableMessage, SocketFormats } from '../route/socket-format.ts';
import type { Flat, Params, Values } from '../values.ts';

/** A socket as data, not yet planned. */
export interface SocketDefinition extends RouteDefinition {
  readonly socket: SocketDeclaration;
}

/** The messages of one direction, planned. */
export interface PlannedMessages {
  readonly frames: Frames;
  /** Of JSON that comes in. */
  readonly field: Field | undefined;
  /** JSON Schema of them, where they have one. */
  readonly json: JsonSchema | undefined;
  /** The member that tells kinds of messages apart, `type` for example, with its values. */
  readonly kinds: { readonly key: string; readonly names: readonly string[] } | undefined;
}

/** A planned socket: what the road of a handshake and of its messages walks, and what the documentation reads. */
export interface SocketRoute extends Route {
  readonly definition: SocketDefinition;
  /** What each message opens. */
  readonly each: Plan;
  /** The values of the connection that a message's unit gets: from one slot to the other. */
  readonly carried: readonly (readonly [from: number, to: number])[];
  readonly incoming: PlannedMessages;
  readonly outgoing: PlannedMessages;
}

/** Options of `socket.send`. */
export interface SendOptions {
  /** `true` sends at once, whatever becomes of the unit of work: progress, or the words of a language model. Default `false`. */
  readonly now?: boolean;
}

/** How a socket was closed. */
export interface SocketEnd {
  /** 1000 for one that ended well; 1006 where the connection was lost (RFC 6455, 7.4). */
  readonly code: number;
  readonly reason: string;
}

/**
 * A web socket, as its function has it. A loop over it takes one message after the other; each is a unit of work, which is closed as the loop
 * asks for the next one. The loop ends when the client leaves, or the app stops.
 */
export interface ServerSocket<out In, in Out> extends AsyncIterable<In> {
  /** The subprotocol that was agreed on; empty where there is none. */
  readonly subprotocol: string;
  /** Bytes that the client has not taken yet. */
  readonly waiting: number;
  /** How it was closed, `undefined` while it is open. */
  readonly end: SocketEnd | undefined;
  /**
   * Sends a message, checked and filtered by `outgoing`. Inside of a unit it is laid aside, and leaves when the unit has been closed well; else
   * it leaves at once, and the promise waits until the client has taken most of what waits for it.
   *
   * @throws ResponseInvalid where it is not as declared; RequestAborted once the client has left; CortadoError `CORTADO_OVERLOADED` where more
   * than `maxWaiting` bytes would wait.
   */
  send(message: Out, options?: SendOptions): Promise<void>;
  /**
   * Sends what a feed or an iterable brings, outside of units and as fast as the client takes it, until that ends or the socket does.
   *
   * @param source A feed, `channel.subscribe(…)` for example, whose events are sent; or any async iterable of messages.
   * @param map Makes the message of an event, or `undefined` for none.
   * @throws what the source throws, and what `send` does.
   */
  pipe<T>(source: Feed<T>, map: (event: FeedEvent<T>) => Out | undefined): Promise<void>;
  pipe(source: Feed<Out> | AsyncIterable<Out>): Promise<void>;
  /** Closes it, once what was sent has left. Default: 1000, without a reason. */
  close(code?: number, reason?: string): void;
}

/** What the loop of a socket gets: the message itself, or, with `each`, the message and what was opened for it. */
export type LoopItem<I extends SocketFormats, E extends Params> = [keyof E] extends [never]
  ? ReceivedMessage<I>
  : Flat<{ readonly message: ReceivedMessage<I> } & Values<E>>;

/** A socket as a value: what `app.socket` returns. The test client opens it, and `urlFor` makes its address. */
export interface SocketEndpoint<
  out Path extends string = string,
  out P extends Params = Params,
  out Incoming = unknown,
  out Outgoing = unknown,
> extends SocketDefinition {
  readonly '~path'?: Path;
  readonly '~params'?: P;
  readonly '~incoming'?: Incoming;
  readonly '~outgoing'?: Outgoing;
}

/** Messages as a client of the socket has them. */
export type ClientSends<F> = F extends SocketFormats ? SendableMessage<F> : never;
export type ClientReceives<F> = F extends SocketFormats ? ReceivedMessage<F> : never;
