#!/usr/bin/env node
// The `cortado` command. Nothing but the check at first: an older Node could not even load the rest.
import { tooOldNode } from '../base/process/node-version.ts';

const fault = tooOldNode(process.versions);
if (fault !== undefined) {
  console.error(`cortado: ${fault}`);
  process.exitCode = 1;
} else {
  // Before all that it can be of use to.
  const { keepCompiled } = await import('../base/process/compile-cache.ts');
  keepCompiled();
  const { runProgram } = await import('./program.ts');
  void runProgram(process.argv);
}
