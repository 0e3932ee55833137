import type { FastifyReply, FastifyRequest } from 'fastify';
import { success } from '../../inject/close.ts';
import { Scope } from '../../inject/scope.ts';
import type { Issue } from '../../schema/issues/issue.ts';
import { freeConnection } from '../read/free-connection.ts';
import { RequestContext } from '../request/context.ts';
import { limitTime } from './limit-time.ts';
import { noAnswer, type Passage, type PreparedRoute } from './passage.ts';
import { startWalk } from './walk.ts';

/**
 * The road of a request begins: its route's stages (`stages.ts`) are walked one after the other up to the answer (`walk.ts`), then the stages
 * of its end (`finish.ts`). Each returns to the walk; none calls another.
 */
export function runRequest(
  prepared: PreparedRoute,
  request: FastifyRequest,
  reply: FastifyReply,
  isUnhooked: boolean,
): void {
  const context = new RequestContext(request, reply, prepared.route, prepared.signals);
  const passage: Passage = {
    prepared,
    request,
    reply,
    context,
    scope: new Scope(prepared.container, prepared.route.plan, context),
    issues: prepared.route.plan.fields.length === 0 ? noIssues : [],
    isUnhooked,
    next: 0,
    began: undefined,
    outcome: success,
    answer: noAnswer,
    state: 'open',
    endBody: undefined,
  };
  prepared.counter.scopes++;
  // First, so that the handler's `ctx.setStatus` and an error's own status win.
  if (prepared.route.status !== 200) reply.code(prepared.route.status);
  if (prepared.timeout !== undefined) limitTime(passage, prepared.timeout);
  if (!isUnhooked) freeConnection(request, reply);
  startWalk(passage);
}

// Of routes that read nothing; frozen, as all requests share it.
const noIssues = Object.freeze([]) as readonly Issue[] as Issue[];
