import type { IncomingMessage } from 'node:http';
import type { ComponentParts } from '../../inject/component.ts';
import type { ScopeCounter } from '../request/open-requests.ts';
import type { Answer } from '../respond/answer.ts';
import type { Passage } from '../road/passage.ts';
import type { MountPlace } from './hand-over.ts';
import type { InnerApp, MountKind } from './inner-app.ts';

/** What requests of a mount are handed on to. */
export interface Target {
  readonly kind: MountKind;
  readonly inner: InnerApp | undefined;
  /** Bytes of a body where the mount says nothing. */
  readonly bodyLimit: number;
  /** Whether it keeps the time limit of its mount itself. */
  readonly keepsTime: boolean;
  readonly handOn: (passage: Passage, place: MountPlace) => Answer | Promise<Answer>;
  /** What it adds to the life of the app. */
  readonly parts: Omit<ComponentParts, 'name'>;
  /** Told of the counter of its mount's requests. */
  readonly counted?: (counter: ScopeCounter) => void;
  /** Whether it takes a request out of HTTP, `path` being what is left of its own below the prefix. */
  readonly wantsUpgrade: (raw: IncomingMessage, path: string) => boolean;
}

/** What can be mounted beside apps and handlers: a service behind `proxy()`. */
export interface TargetMaker {
  readonly '~target': () => Target;
}
