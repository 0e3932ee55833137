import { pbkdf2Sync } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** Holds up the loop for about 250 milliseconds or more, in the ways that people do without noticing. */
export type Blocker = () => unknown;

export const bigFile = process.env['BIG_FILE'] ?? '';

let text = '';

export function prepare(): void {
  text = JSON.stringify(Array.from({ length: 1_400_000 }, (_, id) => ({ id, name: `name ${id}`, ok: true })));
}

export function busyLoop(): void {
  const end = Date.now() + 250;
  while (Date.now() < end);
}

export function readLargeFile(): number {
  return readFileSync(bigFile).length;
}

export function derive(): Buffer {
  return pbkdf2Sync('a', 'b', 800_000, 64, 'sha512');
}

export function backtrack(): boolean {
  // Node compiles the expression once it is used more often, which makes it many times faster.
  return /^(a+)+$/.test(`${'a'.repeat(26)}b`);
}

export function parseMuch(): number {
  return JSON.parse(text).length;
}

export const blockers: Readonly<Record<string, Blocker>> = { busyLoop, readLargeFile, derive, backtrack, parseMuch };
