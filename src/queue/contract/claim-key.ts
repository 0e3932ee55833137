import type { ClaimRef } from './engine.ts';

/** The key of a claim in a map: a task may be claimed again while an earlier run of it is not over. */
export function claimKey({ id, token }: ClaimRef): string {
  return `${token} ${id}`;
}
