import type { FastifyReply, FastifyRequest } from 'fastify';
import { CortadoError } from '../../base/error.ts';
import { success } from '../../inject/close.ts';
import { Scope } from '../../inject/scope.ts';
import type { Issue } from '../../schema/issues/issue.ts';
import { freeConnection } from '../read/free-connection.ts';
import { expire, RequestContext } from '../request/context.ts';
import { handedOn } from '../request/root-path.ts';
import { answerError } from '../send/send-error.ts';
import { breakConnection } from '../send/sending.ts';
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
  const context = new RequestContext(request, reply, prepared.route, prepared);
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
    outside: undefined,
    instead: undefined,
    spool: undefined,
  };
  prepared.counter.scopes++;
  // First, so that the handler's `ctx.setStatus` and an error's own status win.
  if (prepared.route.status !== 200) reply.code(prepared.route.status);
  const timeout = timeLimit(prepared.timeout, request);
  if (timeout !== undefined) limitTime(passage, timeout);
  if (!isUnhooked) freeConnection(request, reply);
  startWalk(passage);
}

// The mount of an app may have a limit of its own.
function timeLimit(own: number | undefined, { raw }: FastifyRequest): number | undefined {
  const ofMount = handedOn(raw)?.timeout;
  return ofMount === undefined ? own : Math.min(ofMount, own ?? ofMount);
}

// Of routes that read nothing; frozen, as all requests share it.
const noIssues = Object.freeze([]) as readonly Issue[] as Issue[];

/**
 * Gives a request `ms` milliseconds. Then its signal fires and the client has its 504 at once, while what the handler has opened stays open
 * until the handler has ended, too: nothing is pulled away from under it, and nothing of it is committed.
 */
function limitTime(passage: Passage, ms: number): void {
  const timer = setTimeout(() => void giveUp(passage, ms), ms);
  passage.reply.raw.once('close', () => clearTimeout(timer));
}

async function giveUp(passage: Passage, ms: number): Promise<void> {
  const { prepared, context, reply, state } = passage;
  const { raw } = reply;
  // What a plugin's hook still works on is an answer: two of them would be mixed up.
  if (raw.writableEnded || raw.closed || state === 'sent' || state === 'replaced') return;
  const route = prepared.route.name;
  const error = new CortadoError('CORTADO_TIMEOUT', `Not answered within ${ms} ms`, { status: 504 });
  expire(context, error);
  // A stream that has begun, with its first bytes or without, can only be broken off.
  if (state === 'streaming' || raw.headersSent) {
    prepared.refusals.noteError(error, route);
    breakConnection(passage);
  } else {
    // Nobody will read the rest of a body that is still on its way.
    if (passage.endBody !== undefined) reply.header('connection', 'close');
    await answerError(error, prepared, passage, route);
  }
  passage.endBody?.(error);
}
