import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type Program, startNode } from '../support/program.ts';

const bigFile = join(tmpdir(), `cortado-big-${process.pid}`);
let program: Program;
let address: string;

before(async () => {
  program = startNode([fileURLToPath(new URL('./app.ts', import.meta.url))], { env: { BIG_FILE: bigFile } });
  address = (await program.until(/listening (\S+)/, 60_000))[1]!;
});

after(async () => {
  await program[Symbol.asyncDispose]();
  await rm(bigFile, { force: true });
});

/** The line of code that each of them blocks in. */
const disguises: Readonly<Record<string, string>> = {
  busyLoop: 'while (Date.now() < end);',
  readLargeFile: 'return readFileSync(bigFile).length;',
  derive: "return pbkdf2Sync('a', 'b', 800_000, 64, 'sha512');",
  backtrack: 'return /^(a+)+$/.test(',
  parseMuch: 'return JSON.parse(text).length;',
};

const placements: Readonly<Record<string, (name: string, when: string) => string>> = {
  handler: (name, when) => `GET /handler/${name}/${when}, in its handler`,
  dependency: (name, when) => `GET /dependency/${name}/${when}, in dependency "${name}-${when}"`,
  task: (name, when) => `task "${name}-${when}", in its handler`,
};

for (const [name, code] of Object.entries(disguises)) {
  for (const [placement, describe] of Object.entries(placements)) {
    for (const when of ['before', 'after']) {
      test(`names ${name} in a ${placement}, ${when} an await, and no innocent route`, async () => {
        const seen = program.output().length;
        const innocents = [1, 2, 3].map((n) => fetch(`${address}/innocent?n=${n}`));
        const answer = await fetch(`${address}/${placement}/${name}/${when}`);
        assert.equal(answer.status, 200);
        await Promise.all(innocents);
        await program.until(new RegExp(`^[^]{${seen}}[^]*└─`));
        const printed = program.output().slice(seen);
        assert.equal(printed.match(/┌─/g)?.length, 1, printed);
        assert.ok(printed.includes(`│ ${describe(name, when)}\n`), printed);
        assert.match(printed, new RegExp(`│ test/loop/blockers\\.ts:\\d+  ${name}\n`));
        assert.ok(
          printed.split('\n').some((line) => line.startsWith('│ ▸') && line.includes(code)),
          printed,
        );
      });
    }
  }
}

test('an innocent route that waits for others is never named', () => {
  assert.doesNotMatch(program.output(), /innocent/);
});
