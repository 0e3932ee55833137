import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Command } from './cores.ts';

/** Runs a program to its end and resolves to what it printed; rejects when it fails. */
export async function run({ program, args }: Command): Promise<string> {
  const { stdout } = await promisify(execFile)(program, [...args], { maxBuffer: 64 * 1024 * 1024 });
  return stdout;
}
