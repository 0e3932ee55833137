import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { readCompiled } from '../support/compile-types.ts';
import { freePort } from '../support/free-port.ts';
import { needOpenApiTools } from '../support/openapi-tools.ts';
import { startProgram } from '../support/program.ts';
import { checkMistakes, mistakes, mistakesHead } from '../types/mistakes.ts';
import { readDoors, root } from './sources.ts';

// What npm would publish, installed in the folder of a user: compiled, without the sources' condition.
const folder = mkdtempSync(join(tmpdir(), 'cortado-package-'));
const project = join(folder, 'project');
const env = { ...process.env, NODE_OPTIONS: '', CORTADO_LOG: 'silent' };

before(() => {
  const installed = join(project, 'node_modules', 'cortado');
  mkdirSync(installed, { recursive: true });
  // What Cortado itself depends on is found one level up.
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  const [{ filename }] = JSON.parse(
    execFileSync('npm', ['pack', '--json', '--pack-destination', folder], { cwd: root, encoding: 'utf8', env }),
  ) as [{ filename: string }];
  execFileSync('tar', ['-xzf', join(folder, filename), '-C', installed, '--strip-components=1']);
  writeFileSync(join(project, 'package.json'), '{"type":"module"}');
});

after(() => rmSync(folder, { recursive: true, force: true }));

test('every subpath loads as compiled JavaScript, and exports what its sources export', async () => {
  for (const [subpath, door] of readDoors()) {
    const script = `console.log(JSON.stringify(Object.keys(await import('${subpath}')).sort()))`;
    const names = JSON.parse(
      execFileSync(process.execPath, ['--input-type=module', '--eval', script], {
        cwd: project,
        env,
        encoding: 'utf8',
      }),
    ) as string[];
    assert.deepEqual(names, Object.keys(await import(join(root, 'src', door))).sort(), subpath);
  }
});

test('a user in TypeScript gets types, and compile errors where they are due', () => {
  writeFileSync(
    join(project, 'typed.ts'),
    `import { App } from 'cortado';
import { database, model, primaryKey } from 'cortado/db';
import { z } from 'zod';
class User extends model('users', { id: primaryKey(), name: z.string() }) {}
const db = database({ url: 'sqlite::memory:', models: { User } });
const app = new App();
app.get('/u/{id}', { params: { id: z.int(), session: db.session }, response: User.schema }, async ({ id, session }) => {
  const n: number = id;
  return session.selectFrom('users').selectAll().where('id', '=', n).executeTakeFirstOrThrow();
});
// @ts-expect-error the path has {id}
app.get('/v/{id}', { params: {} }, () => 1);
export default app;
`,
  );
  writeFileSync(
    join(project, 'tsconfig.json'),
    JSON.stringify({
      compilerOptions: {
        module: 'nodenext',
        target: 'es2024',
        strict: true,
        noEmit: true,
        skipLibCheck: true,
        types: ['node'],
        typeRoots: [join(root, 'node_modules/@types')],
      },
      files: ['typed.ts'],
    }),
  );
  execFileSync(join(root, 'node_modules/.bin/tsc'), ['-p', 'tsconfig.json'], { cwd: project, stdio: 'pipe' });
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
    { skipLibCheck: false, strict: false },
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

test('the published command says where a name is that was imported from another door', () => {
  const cli = join(project, 'node_modules/cortado/dist/cli/main.js');
  for (const [text, said] of [
    ["import { database } from 'cortado';", "It is in cortado/db: import { database } from 'cortado/db'"],
    ["import { Dependency } from 'cortado';", "It is a type: write import type { Dependency } from 'cortado'"],
  ] as const) {
    writeFileSync(join(project, 'names.ts'), text);
    const { stderr } = spawnSync(process.execPath, [cli, 'routes', 'names.ts'], {
      cwd: project,
      env,
      encoding: 'utf8',
    });
    assert.ok(stderr.includes(said), stderr);
  }
});

test('the published command serves an app with threads, a database and tasks', async () => {
  writeFileSync(join(project, 'cpu.ts'), 'export function double(n: number): number { return n * 2; }\n');
  writeFileSync(
    join(project, 'main.ts'),
    `import { App } from 'cortado';
import { database, model, primaryKey } from 'cortado/db';
import { Queue } from 'cortado/queue';
import { threads } from 'cortado/threads';
import { z } from 'zod';
class User extends model('users', { id: primaryKey(), name: z.string() }) {}
const db = database({ url: 'sqlite:test.db', models: { User } });
const queue = new Queue({ engine: db });
const cpu = threads<typeof import('./cpu.ts')>(new URL('./cpu.ts', import.meta.url));
const double = queue.task('double', { params: { n: z.int() } }, ({ n }) => cpu.double(n));
const app = new App({ title: 'Packed' });
app.use(db, { createSchema: true });
app.use(queue, { prefix: '/tasks' });
app.use(cpu);
app.get('/double', { params: { n: z.int() } }, ({ n }) => cpu.double(n));
app.post('/users', { params: { name: z.string() }, response: User.schema }, (user) => User.create(user));
app.post('/tasks', { params: { n: z.int() } }, async (input) => (await double.enqueue(input)).result({ timeout: 20_000 }));
export default app;
`,
  );
  const port = await freePort();
  const cli = join(project, 'node_modules/cortado/dist/cli/main.js');
  await using server = startProgram(
    process.execPath,
    [cli, 'run', 'main.ts', '--host', '127.0.0.1', '--port', String(port)],
    {
      cwd: project,
      env: { NODE_OPTIONS: '', CORTADO_LOG: 'json' },
    },
  );
  await server.until(/listening|http:\/\//i);
  const base = `http://127.0.0.1:${port}`;
  const answer = async (path: string, method = 'GET'): Promise<unknown> =>
    (await fetch(base + path, { method })).json();
  assert.equal(await answer('/double?n=21'), 42);
  assert.deepEqual(await answer('/users?name=Ann', 'POST'), { id: 1, name: 'Ann' });
  assert.equal(await answer('/tasks?n=4', 'POST'), 8);
  server.child.kill('SIGTERM');
  assert.equal(await server.ended, 0);
});
