import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { root } from '../project/sources.ts';
import { readCompiled } from '../support/compile-types.ts';
import { needOpenApiTools } from '../support/openapi-tools.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { checkMistakes, mistakes, mistakesHead } from './mistakes.ts';

// The declarations that are published, in the folder of a user.
const folder = temporaryFolder('types');
const project = join(folder, 'project');

before(() => {
  const installed = join(project, 'node_modules', 'cortado');
  mkdirSync(installed, { recursive: true });
  // What Cortado itself depends on is found one level up.
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  copyFileSync(join(root, 'package.json'), join(installed, 'package.json'));
  writeFileSync(join(project, 'package.json'), '{"type":"module"}');
  const options = ['-p', 'tsconfig.build.json', '--emitDeclarationOnly', '--outDir', join(installed, 'dist')];
  const { status, stdout } = spawnSync('node_modules/.bin/tsc', options, { cwd: root, encoding: 'utf8' });
  assert.equal(status, 0, stdout);
});

// TypeScript 5.9 is there for the tools of OpenAPI.
const compilers = [
  ['TypeScript 7', 'node_modules/.bin/tsc', false],
  ['TypeScript 5.9', 'tools/openapi/node_modules/.bin/tsc', needOpenApiTools() ?? false],
] as const;

const [, documented] = /a `tsconfig\.json`:\n\n```json\n(.*)\n```/.exec(readFileSync(join(root, 'README.md'), 'utf8'))!;
const { compilerOptions } = JSON.parse(documented!) as { compilerOptions: Record<string, unknown> };

function compile(compiler: string, file: string, options: Record<string, unknown>): string {
  const typeRoots = [join(root, 'node_modules/@types')];
  const config = { compilerOptions: { ...compilerOptions, typeRoots, ...options }, files: [file] };
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify(config));
  return spawnSync(join(root, compiler), ['-p', '.', '--pretty', 'false'], { cwd: project, encoding: 'utf8' }).stdout;
}

for (const [name, compiler, skip] of compilers) {
  for (const options of [
    // Declarations are read as well: what is wrong in them is not the user's.
    { skipLibCheck: false },
    { skipLibCheck: compiler !== 'node_modules/.bin/tsc', strict: false },
    { exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true, noPropertyAccessFromIndexSignature: true },
  ])
    test(`what users write compiles with ${name}, the README's tsconfig and ${JSON.stringify(options)}`, {
      skip,
    }, () => {
      copyFileSync(join(root, 'test/types/users-code.ts'), join(project, 'users-code.ts'));
      assert.equal(compile(compiler, 'users-code.ts', options), '');
    });

  test(`what is wrong does not compile with ${name}, and the words help`, { skip }, () => {
    writeFileSync(join(project, 'mistakes.ts'), mistakesHead + mistakes.map(([code]) => code).join('\n'));
    checkMistakes(readCompiled(compile(compiler, 'mistakes.ts', {}), 'mistakes.ts').errors);
  });

  test(`a type that is imported as a value is seen with ${name} and the README's tsconfig`, { skip }, () => {
    writeFileSync(
      join(project, 'imports.ts'),
      "import { Dependency } from 'cortado';\nexport type D = Dependency<1>;\n",
    );
    assert.match(
      compile(compiler, 'imports.ts', {}),
      /'Dependency' is a type and must be imported using a type-only import/,
    );
  });
}
