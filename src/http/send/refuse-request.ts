import type { FastifyReply, FastifyRequest } from 'fastify';
import type { CortadoError } from '../../base/error.ts';
import type { ErrorExit } from '../errors/answer-to.ts';
import type { Excess } from '../errors/refusals.ts';
import { sendError } from './send-error.ts';

/** Answers a request that is one too many, before anything of it was read or opened. */
export function refuseRequest(
  refusal: CortadoError,
  excess: Excess,
  exit: ErrorExit,
  route: string,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  exit.refusals.note(excess, route);
  void sendError(refusal, exit, request, reply);
}
