import type { FastifyRequest, onRequestAsyncHookHandler } from 'fastify';
import { runInFrame } from '../../concurrency/frame.ts';
import { type Closing, success } from '../../inject/close.ts';
import { Scope } from '../../inject/scope.ts';
import { ValidationError } from '../../inject/validation-error.ts';
import type { Issue } from '../../schema/issues/issue.ts';
import type { FieldsReader } from '../read/read-fields.ts';
import { RequestContext } from '../request/context.ts';
import { answerError } from '../send/send-error.ts';
import { sendingOffRoad } from '../send/sending.ts';
import type { OffRoad } from './off-road.ts';
import type { RouteEnvironment } from './passage.ts';
import { soundGuards } from './stages.ts';

/**
 * A hook that lets guards run before routes that are not on the road, those of a plugin. What the guards open closes before the plugin has the
 * request; it knows nothing of it.
 *
 * @param planned Looked at for each request: an override plans the guards anew.
 */
export function guardRequests(planned: () => OffRoad, environment: RouteEnvironment): onRequestAsyncHookHandler {
  return async (request, reply) => {
    const { plan, read } = planned();
    const context = new RequestContext(request, reply, undefined, environment);
    const scope = new Scope(environment.container, plan, context);
    const ran = await runInFrame(scope, runGuards, scope, read, request, context);
    const closed = await runInFrame(scope, () => scope.close(ran));
    reply.raw.once('close', () => void runInFrame(scope, () => scope.closeAfterSend(closed)));
    if (!closed.failed) return;
    const route = `${request.method} ${request.routeOptions.url ?? plan.owner}`;
    await answerError(closed.error, environment, sendingOffRoad(reply, context), route, { frame: scope });
    return reply as unknown as void;
  };
}

async function runGuards(
  scope: Scope,
  read: FieldsReader,
  request: FastifyRequest,
  context: RequestContext,
): Promise<Closing> {
  const { plan, values } = scope;
  const issues: Issue[] = [];
  try {
    await read(request, context, values, issues);
    await scope.run(issues.length === 0 ? plan.guards : soundGuards(plan, issues));
    if (issues.length > 0) throw new ValidationError(plan.owner, issues);
    return success;
  } catch (error) {
    return { failed: true, error };
  }
}
