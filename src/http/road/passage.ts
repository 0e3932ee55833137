import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Scope } from '../../inject/scope.ts';
import type { Issue } from '../../schema/issues/issue.ts';
import type { RequestContext } from '../request/context.ts';
import type { PreparedRoute } from './prepared-route.ts';

/** One request on its road, with all that its stages work on. */
export interface Passage {
  readonly prepared: PreparedRoute;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly context: RequestContext;
  readonly scope: Scope;
  /** What is wrong with its input, so far. */
  readonly issues: Issue[];
  /** Whether no hook of a plugin can have a say in the answer, so that it need not be handed to Fastify. */
  readonly isUnhooked: boolean;
  /** Goes on without the body that is awaited; only while it is, on a route with a time limit. */
  endBody: ((error: unknown) => void) | undefined;
}
