#!/usr/bin/env node
// The `cortado` command. Nothing but built-ins before the check: an older Node could not even load the rest.
const [major = 0] = process.versions.node.split('.').map(Number);
if (major < 24) {
  console.error(
    `cortado: this is Node ${process.versions.node}, but Cortado needs 24 or newer. For this folder alone: npm install --save-dev node@26`,
  );
  process.exitCode = 1;
} else {
  const { runProgram } = await import('./program.ts');
  void runProgram(process.argv);
}

export {};
