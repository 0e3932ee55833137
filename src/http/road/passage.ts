import type { Route } from '../../declare/route/route.ts';
import type { Closing } from '../../inject/close.ts';
import type { Container } from '../../inject/container.ts';
import type { Scope } from '../../inject/scope.ts';
import type { Issue } from '../../schema/issues/issue.ts';
import type { ErrorExit } from '../errors/answer-to.ts';
import type { KnownHeads } from '../fast/known-heads.ts';
import type { Gathering } from '../read/parse-multipart.ts';
import type { BodyReader } from '../read/read-body.ts';
import type { FieldsReader } from '../read/read-fields.ts';
import type { OpenRequests, ScopeCounter } from '../request/open-requests.ts';
import type { Answer } from '../respond/answer.ts';
import type { HeadCheck } from '../respond/declared-heads.ts';
import type { Responder } from '../respond/respond.ts';
import type { Sending } from '../send/sending.ts';
import type { Uploads } from '../uploads/uploads.ts';
import type { OutsideRun } from './outside-run.ts';

/** What all routes of an app share while it runs. */
export interface RouteEnvironment extends ErrorExit {
  readonly container: Container;
  readonly bodyLimit: number;
  readonly uploads: Uploads;
  /** Milliseconds that a client may take nothing of its answer. */
  readonly sendTimeout: number;
  readonly requests: OpenRequests;
  /** Heads of answers in JSON, where they can be written past Node. */
  readonly jsonHeads: KnownHeads | undefined;
}

/** A route with all that its requests walk through, compiled once. */
export interface PreparedRoute extends RouteEnvironment {
  readonly route: Route;
  readonly counter: ScopeCounter;
  /** Milliseconds that the handler may take. */
  readonly timeout: number | undefined;
  /** The stages that its requests have, in their order, up to the answer. */
  readonly stages: readonly Stage[];
  /** Reads what guards ask for; `undefined` when there are no guards. */
  readonly readEarly: FieldsReader | undefined;
  readonly readRest: FieldsReader | undefined;
  readonly readBody: BodyReader | undefined;
  readonly respond: Responder;
  /** Checks the headers and cookies that it declares. */
  readonly checkHead: HeadCheck | undefined;
}

/** A stage of the road. It gets what the stage before it made, or what the promise of that resolved to; the last one makes the answer. */
export type Stage = (passage: Passage, given: unknown) => unknown;

/** What stands for the answer of work that made none. */
export const noAnswer: Answer = { status: 500, headers: {}, body: undefined };

/** One request on its road, with all that its stages work on. */
export interface Passage extends Sending, Gathering {
  readonly prepared: PreparedRoute;
  readonly scope: Scope;
  readonly issues: Issue[];
  /** Whether no hook of a plugin can have a say in the answer, so that it need not be handed to Fastify. */
  readonly isUnhooked: boolean;
  /** The stage that comes next, where the walk was left for a body. */
  next: number;
  /** When the segment began that the stage before has left open, for the loop guard. */
  began: number | undefined;
  /** How the work ended, and what is to be sent; both may change while dependencies close. */
  outcome: Closing;
  answer: Answer;
  /** Whether the work ended after the route's time limit, when the client had its 504. */
  isLate?: boolean;
  /** The functions around it, once they have begun. */
  outside: OutsideRun | undefined;
  /** What one of those answered with in its place. */
  instead: Answer | undefined;
  /** Whether the answer is that of the error which it ended with. */
  isRefusal?: boolean;
  /** Goes on without the body that is awaited; only while it is, on a route with a time limit. */
  endBody: ((error: unknown) => void) | undefined;
}
