import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Observe } from '../../base/component-key.ts';
import type { Plan } from '../../declare/plan/plan.ts';
import type { Route } from '../../declare/route/route.ts';
import type { Gauge } from '../../inject/component.ts';
import type { OpenRequests } from '../request/open-requests.ts';
import type { RequestAborted } from '../request/request-aborted.ts';
import type { Trusts } from '../request/root-path.ts';
import type { Cut } from '../stop/stop.ts';
import type { MountOptions } from './mount-options.ts';

/** What an app that is mounted in another one gets of that. */
export interface OuterApp {
  /** Whom it believes what proxies say. */
  readonly trusts: Trusts;
  /** The path below which the mounted app lies, as far as it is known before a request. */
  readonly rootPath: () => string;
}

/** What the outer app needs of an app that is mounted in it. */
export interface InnerApp {
  readonly app: MountableApp;
  readonly requests: OpenRequests;
  /** Answers a request whose prefix was taken away. */
  readonly handle: (raw: IncomingMessage, response: ServerResponse) => void;
  readonly wantsUpgrade: (raw: IncomingMessage, path: string) => boolean;
  /** Begins its stop: streams end, answers end their connections, what it uses goes on. */
  readonly stopping: () => void;
  /** Tells what is open that the stop waits no longer. */
  readonly abort: (reason: RequestAborted) => void;
  /** Stops what it uses; `overdue` fires at the deadline of the stop. Resolves to what was cut of it. */
  readonly stop: (overdue: AbortSignal) => Promise<readonly Cut[]>;
  readonly check: () => Promise<void>;
  readonly measure: () => Promise<readonly Gauge[]>;
  readonly observe: (listener: Observe) => void;
}

/** An App, as far as a mount looks at it. */
export interface MountableApp {
  readonly routes: readonly Route[];
  readonly sockets: readonly Route[];
  readonly mounts: readonly Mount[];
  readonly used: readonly object[];
  ready(): Promise<void>;
  notReady(): readonly string[];
  '~mountedIn'(outer: OuterApp): InnerApp;
}

/** What is mounted, in words. */
export type MountKind = 'App' | 'fetch handler' | 'Node handler' | 'proxy';

/** Something that an app hands all requests below a prefix to. */
export interface Mount {
  /** `/sub`; empty for what is mounted at `/`. */
  readonly prefix: string;
  readonly kind: MountKind;
  readonly name: string;
  readonly options: MountOptions;
  /** Its guards, planned. */
  readonly plan: Plan;
  /** The App that is mounted, where it is one. */
  readonly app: MountableApp | undefined;
}
