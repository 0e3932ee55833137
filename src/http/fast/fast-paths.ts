import type { Logger } from '../../base/logger.ts';

/** A way past what Node or Fastify document, for speed alone. Without it the documented way answers the same. */
export interface FastPath<Part> {
  readonly name: string;
  /** Whose private parts it leans on. */
  readonly of: 'Node' | 'Fastify' | 'ws';
  /** The major releases that it was tested with. */
  readonly majors: readonly number[];
  /** Looks at the private parts themselves, and tells what is not as it expects. */
  readonly lacks: (part: Part) => string | undefined;
}

/** The fast paths of an app: those that fit what it runs on, or none. */
export class FastPaths {
  /** Whether any is wanted. */
  readonly areWanted: boolean;
  readonly #misfits = new Map<string, string>();

  constructor(areWanted: boolean) {
    this.areWanted = areWanted;
  }

  /** Whether a fast path can be taken; a reason why not is kept for the log. */
  fits<Part>(path: FastPath<Part>, part: Part, version: string): boolean {
    if (!this.areWanted) return false;
    const misfit = misfitOf(path, part, version);
    if (misfit !== undefined) this.#misfits.set(path.name, misfit);
    return misfit === undefined;
  }

  /** Says, in one line, which do not fit. */
  report(log: Logger): void {
    if (this.#misfits.size === 0) return;
    const off = Object.fromEntries(this.#misfits);
    log.warn({ off }, `fast paths are off: ${[...this.#misfits.keys()].join(', ')}; all works as before, only slower`);
  }
}

function misfitOf<Part>({ of, majors, lacks }: FastPath<Part>, part: Part, version: string): string | undefined {
  if (!majors.includes(Number.parseInt(version, 10))) return `not tested with ${of} ${version}`;
  try {
    return lacks(part);
  } catch (error) {
    return `${of} ${version} failed at the test: ${String(error)}`;
  }
}
