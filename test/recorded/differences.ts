import { readFileSync } from 'node:fs';

/** A coercion case, or all of them that have what it says, whose answer is meant to differ. */
export interface CoercionDifference {
  readonly kind?: string;
  readonly in?: string;
  readonly input?: unknown;
  readonly reason: string;
}

/** A request of a documentation application whose answer is meant to differ. */
export interface CaseDifference {
  readonly case: string;
  readonly index: number;
  readonly reason: string;
}

/** Something that a client of a socket application sees and that is meant to differ. */
export interface SocketDifference {
  readonly app: string;
  readonly case: string;
  /** The step of the case, from 0. */
  readonly step: number;
  readonly reason: string;
}

/** All intended differences from FastAPI, each with its reason. */
export interface Differences {
  readonly coercion: readonly CoercionDifference[];
  readonly cases: readonly CaseDifference[];
  readonly values: readonly CoercionDifference[];
  readonly sockets: readonly SocketDifference[];
}

export function readDifferences(): Differences {
  return JSON.parse(readFileSync(new URL('differences.json', import.meta.url), 'utf8')) as Differences;
}
