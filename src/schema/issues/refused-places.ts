import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { Loc } from './issue.ts';
import { stepsOf } from './issue-path.ts';

/** A place of a value, and what is refused below it. */
export interface RefusedPlace {
  readonly below: ReadonlyMap<string | number, RefusedPlace>;
  /** Whether it is refused itself. */
  readonly isRefused: boolean;
}

interface Place extends RefusedPlace {
  readonly below: Map<string | number, Place>;
  isRefused: boolean;
}

/**
 * The places that a schema library refuses. What a JSON Schema says of another place is wrong: the library makes a text lower case before it
 * looks at it, say, or fills something in.
 */
export class RefusedPlaces {
  readonly #root: Place = { below: new Map(), isRefused: false };

  get root(): RefusedPlace {
    return this.#root;
  }

  constructor(reasons: readonly StandardSchemaV1.Issue[]) {
    for (const reason of reasons) {
      // A function of the app judges a whole, and says nothing of its parts.
      if ((reason as { readonly code?: unknown }).code === 'custom') continue;
      let place = this.#root;
      for (const step of stepsOf(reason)) place = stepInto(place, step);
      place.isRefused = true;
    }
  }

  /**
   * Whether something is refused at a place, above or below it.
   *
   * @param loc The steps from `input` on, with names of alternatives among them, which no value has.
   */
  has(loc: Loc, input: unknown): boolean {
    let place = this.#root;
    let value = input;
    for (const [at, step] of loc.entries()) {
      if (place.isRefused) return true;
      const isThere = typeof value === 'object' && value !== null && Object.hasOwn(value, step);
      if (!isThere && at < loc.length - 1 && !place.below.has(step)) continue;
      const next = place.below.get(step);
      if (next === undefined) return false;
      place = next;
      value = isThere ? (value as Record<string | number, unknown>)[step] : undefined;
    }
    return true;
  }
}

function stepInto(place: Place, step: string | number): Place {
  let next = place.below.get(step);
  if (next === undefined) place.below.set(step, (next = { below: new Map(), isRefused: false }));
  return next;
}
