import { type Ending, ending } from '../../../concurrency/ending.ts';
import type { Frame, FrameScope } from '../../../concurrency/frame.ts';
import type { SocketRoute } from '../../../declare/socket/socket.ts';
import type { Container } from '../../../inject/container.ts';
import { Scope } from '../../../inject/scope.ts';
import type { RequestContext } from '../../request/context.ts';

/** What a connection's code belongs to: its unit of work while it has one, and else to the connection, which holds nothing for it. */
export class SocketFrame implements Frame {
  readonly #route: SocketRoute;
  readonly #container: Container;
  readonly #context: RequestContext;
  /** The values of the connection that each unit begins with. */
  readonly #values: readonly unknown[];
  #outside: FrameScope | undefined;
  #unit: UnitScope | undefined;
  #isInUnit = false;
  #message: unknown;

  constructor(route: SocketRoute, container: Container, context: RequestContext, values: readonly unknown[]) {
    this.#route = route;
    this.#container = container;
    this.#context = context;
    this.#values = values;
  }

  get signal(): AbortSignal {
    return this.#context.signal;
  }

  get ending(): Ending | undefined {
    return (this.#context as { readonly [ending]?: Ending })[ending];
  }

  /** Made for code that asks: most messages of most sockets need none. */
  get scope(): FrameScope {
    return this.#isInUnit ? this.unit : this.outside;
  }

  get isInUnit(): boolean {
    return this.#isInUnit;
  }

  /** What code outside of units belongs to: statements of models commit one by one there. */
  get outside(): FrameScope {
    return (this.#outside ??= { owner: this.#route.name, phase: 'handler', context: this.#context });
  }

  /** The scope of the unit, from its beginning to its end. */
  get unit(): UnitScope {
    if (this.#unit === undefined) {
      const { each, incoming } = this.#route;
      this.#unit = new UnitScope(this.#container, each, this.#context, [...this.#values]);
      this.#unit.kind = kindOf(this.#message, incoming.kinds?.key);
    }
    return this.#unit;
  }

  begin(message: unknown): void {
    this.#isInUnit = true;
    this.#message = message;
  }

  /** Ends the unit; its scope is to be closed, where it has one. */
  end(): UnitScope | undefined {
    const unit = this.#unit;
    this.#unit = undefined;
    this.#isInUnit = false;
    this.#message = undefined;
    return unit;
  }
}

/** The scope of one message. */
export class UnitScope extends Scope {
  /** The kind of message, where its schema tells them apart. */
  kind: string | undefined;
  override phase = 'message';

  override get owner(): string {
    return this.kind === undefined ? `${super.owner} message` : `${super.owner} message "${this.kind}"`;
  }
}

function kindOf(message: unknown, key: string | undefined): string | undefined {
  if (key === undefined || typeof message !== 'object' || message === null) return undefined;
  const kind = (message as Readonly<Record<string, unknown>>)[key];
  return typeof kind === 'string' ? kind : undefined;
}
