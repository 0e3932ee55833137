import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest, onRequestAsyncHookHandler, onSendAsyncHookHandler } from 'fastify';
import { runInFrame } from '../../concurrency/frame.ts';
import { success } from '../../inject/close.ts';
import { Scope } from '../../inject/scope.ts';
import type { Issue } from '../../schema/issues/issue.ts';
import { RequestContext } from '../request/context.ts';
import { webAnswer } from '../respond/web.ts';
import { discard, sendAnswer } from '../send/send-answer.ts';
import { sendingOffRoad } from '../send/sending.ts';
import { ChangingAnswer } from './changing-answer.ts';
import type { OffRoad } from './off-road.ts';
import { OutsideRun } from './outside-run.ts';
import type { RouteEnvironment } from './passage.ts';
import { soundArounds } from './stages.ts';

interface Entered {
  readonly run: OutsideRun;
  readonly scope: Scope;
  readonly context: RequestContext;
}

const entered: unique symbol = Symbol('cortado.around');
type MarkedRequest = FastifyRequest & { [entered]?: Entered };

/**
 * Hooks that let functions stand around what is not on the road: routes of plugins, and paths that nobody knows. What they ask for and the client
 * has not sent as it must be passes them by, as nothing of it is declared there.
 *
 * @param planned Looked at for each request: an override plans them anew.
 */
export function aroundForeign(
  planned: () => OffRoad,
  environment: RouteEnvironment,
): { readonly onRequest: onRequestAsyncHookHandler; readonly onSend: onSendAsyncHookHandler } {
  const enter = async (
    request: FastifyRequest,
    context: RequestContext,
    reply: FastifyReply,
  ): Promise<Response | undefined> => {
    const { plan, read } = planned();
    const scope = new Scope(environment.container, plan, context);
    const run = new OutsideRun();
    const issues: Issue[] = [];
    const through = async (): Promise<Response | undefined> => {
      await read(request, context, scope.values, issues);
      if (plan.outsideCalls.length > 0) await scope.run(plan.outsideCalls);
      return run.enter(soundArounds(plan, issues), { scope, context });
    };
    (request as MarkedRequest)[entered] = { run, scope, context };
    reply.raw.once('close', () => run.isWaiting && void run.abandon(context.signal.reason));
    return runInFrame(scope, through);
  };
  return {
    onRequest: async (request, reply) => {
      if (isOnRoad(request)) return;
      const context = new RequestContext(request, reply, undefined, environment);
      const response = await enter(request, context, reply);
      if (response === undefined) return;
      await sendAnswer(sendingOffRoad(reply, context), await webAnswer(response), success);
      return reply as unknown as void;
    },
    onSend: async (request, reply, payload) => {
      const found = (request as MarkedRequest)[entered];
      return found === undefined ? payload : runInFrame(found.scope, leave, found, reply, payload);
    },
  };
}

function isOnRoad({ routeOptions }: FastifyRequest): boolean {
  return (routeOptions.config as { cortado?: unknown } | undefined)?.cortado !== undefined;
}

/** Shows the answer to the functions, from the innermost on; resolves to what is sent. What one of them throws is Fastify's to answer, for the others to see. */
async function leave({ run, context }: Entered, reply: FastifyReply, payload: unknown): Promise<unknown> {
  let sent = payload;
  while (run.isWaiting) {
    const given = new ChangingAnswer({ status: undefined, headers: {}, body: undefined }, reply, context, success);
    const response = await run.leave(given).catch((error: unknown) => {
      drop(sent);
      throw error;
    });
    if (response === undefined) {
      for (const [name, value] of Object.entries(given.answer.headers)) reply.header(name, value);
      continue;
    }
    drop(sent);
    const { status, headers, body } = await webAnswer(response);
    for (const name of Object.keys(reply.getHeaders())) reply.removeHeader(name);
    if (status !== undefined) reply.code(status);
    for (const [name, value] of Object.entries(headers)) reply.header(name, value);
    sent = body;
  }
  return sent;
}

// Fastify reads only what is sent: a file of another plugin would stay open.
function drop(payload: unknown): void {
  if (payload instanceof Readable) discard({ status: undefined, headers: {}, body: payload });
}
