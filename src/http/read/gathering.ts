import type { FastifyRequest } from 'fastify';
import type { Spool } from '../uploads/spool.ts';

/** A request whose body comes in. */
export interface Gathering {
  readonly request: FastifyRequest;
  /** Where the files of its form are, until it is over. */
  spool: Spool | undefined;
}
