import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, delimiter, join } from 'node:path';
import { after, before, test } from 'node:test';
import { entries } from '../../src/base/process/own-files.ts';
import { redocFiles, swaggerUi } from '../../src/openapi/pages/page-files.ts';
import { freePort } from '../support/free-port.ts';
import { startProgram } from '../support/program.ts';
import { readDoors, root } from './sources.ts';

// What npm would publish, installed in the folder of a user: compiled, without the sources' condition.
const folder = mkdtempSync(join(tmpdir(), 'cortado-package-'));
const project = join(folder, 'project');
const installed = join(project, 'node_modules', 'cortado');
const env = { ...process.env, NODE_OPTIONS: '', CORTADO_LOG: 'silent' };

before(() => {
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

/** The packages that come along with Cortado: those of the lock file that no development needs. */
const along = Object.entries(
  (
    JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
      packages: Record<string, { dev?: true; peer?: true; hasInstallScript?: true }>;
    }
  ).packages,
).filter(([path, { dev, peer }]) => path !== '' && !dev && !peer);

test('an install brings no package that runs a script, Cortado itself included', () => {
  assert.ok(along.length > 40, String(along.length));
  assert.deepEqual(
    along.filter(([, { hasInstallScript }]) => hasInstallScript).map(([path]) => path),
    [],
  );
  const { scripts } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  assert.deepEqual(
    ['preinstall', 'install', 'postinstall'].filter((name) => name in scripts),
    [],
  );
});

test('an install of Cortado alone takes 25 MB at most', () => {
  // As `du` counts: in blocks. What lies in a folder's own node_modules is a package of the list itself.
  const sizeOf = (path: string): number =>
    readdirSync(path, { withFileTypes: true })
      .filter(({ name }) => name !== 'node_modules')
      .reduce((sum, entry) => sum + (entry.isDirectory() ? sizeOf(join(path, entry.name)) : 0), 0) +
    readdirSync(path, { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .reduce((sum, { name }) => sum + Math.ceil(statSync(join(path, name)).size / 4096) * 4096, 4096);
  const sizes = [['cortado', sizeOf(installed)], ...along.map(([path]) => [path, sizeOf(join(root, path))])] as [
    string,
    number,
  ][];
  const total = sizes.reduce((sum, [, size]) => sum + size, 0) / 1024 / 1024;
  const largest = sizes.sort(([, a], [, b]) => b - a).slice(0, 8);
  assert.ok(total > 5 && total <= 25, `${total.toFixed(1)} MB: ${JSON.stringify(largest)}`);
});

for (const { folder, package: name, within, served, licences } of [swaggerUi, redocFiles])
  test(`the files of ${folder} come along with their licence, and nothing needs its package`, () => {
    const { dependencies } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as {
      dependencies: Record<string, string>;
    };
    assert.equal(name in dependencies, false);
    for (const file of [...Object.keys(served).map((file) => join(within, file)), ...licences])
      assert.deepEqual(
        readFileSync(join(installed, 'dist/openapi', folder, basename(file))),
        readFileSync(join(root, 'node_modules', name, file)),
        file,
      );
  });

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

test('an app of one route loads few files, and nothing that it has no use for', () => {
  const script = `import { registerHooks } from 'node:module';
const seen = [];
registerHooks({ load: (url, context, next) => (seen.push(url), next(url, context)) });
const { App } = await import('cortado');
const app = new App({ logger: false });
app.get('/', () => 1);
await app.listen({ port: 0 });
const packages = new Set(seen.map((url) => /.*node_modules\\/((?:@[^/]+\\/)?[^/]+)/.exec(url)?.[1]));
const fetch = process.moduleLoadList.some((name) => name.includes('undici'));
console.log(JSON.stringify({ own: seen.filter((url) => url.includes('/cortado/dist/')).length, packages: [...packages], fetch }));
process.exit();`;
  const printed = execFileSync(process.execPath, ['--input-type=module', '--eval', script], {
    cwd: project,
    env,
    encoding: 'utf8',
  });
  const { own, packages, fetch } = JSON.parse(printed) as { own: number; packages: string[]; fetch: boolean };
  assert.ok(own > 0 && own <= 20, `${own} files of Cortado`);
  assert.ok(packages.includes('fastify'));
  assert.deepEqual(
    ['pino', 'pino-pretty', '@fastify/busboy', '@fastify/send', 'ajv', 'commander', 'croner', 'kysely', 'zod'].filter(
      (name) => packages.includes(name),
    ),
    [],
  );
  assert.equal(fetch, false);
});

test('what a thread or a process begins with is a file of its own', () => {
  for (const entry of entries) assert.ok(existsSync(join(installed, `dist/${entry}.js`)), entry);
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
app.post('/tasks', { params: { n: z.int() } }, async (input) => (await double.enqueue(input)).result({ timeout: 60_000 }));
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
  for (const [file, type] of Object.entries(swaggerUi.served)) {
    const served = await fetch(`${base}/docs/${file}`);
    assert.deepEqual([served.status, served.headers.get('content-type')], [200, type]);
    assert.deepEqual(
      Buffer.from(await served.arrayBuffer()),
      readFileSync(join(installed, 'dist/openapi/swagger-ui', file)),
    );
  }
  server.child.kill('SIGTERM');
  assert.equal(await server.ended, 0);
});

const registry = spawnSync('npm', ['ping', '--silent'], { env, timeout: 30_000 }).status === 0;
const skip = registry ? false : 'the npm registry is out of reach';
if (!registry) console.error('SKIPPED: the quick start of README.md, as the npm registry is out of reach');
if (!registry && process.env['CI'] !== undefined) throw new Error('In CI nothing is skipped.');

/** The commands of the quick start, one a line, without their comments. */
function quickStart(readme: string): string[] {
  const text = readFileSync(join(root, readme), 'utf8');
  const block = text.split('```\n').find((part) => part.startsWith('npm pack'));
  return (block ?? '')
    .trim()
    .split('\n')
    .map((line) => line.replace(/ {2,}#.*$/, ''));
}

test('the quick start is the same in both languages', () => {
  assert.equal(quickStart('README.md').length, 5);
  assert.deepEqual(quickStart('README.zh-Hant.md'), quickStart('README.md'));
});

test("the quick start works as written, with the machine's own Node", { skip, timeout: 900_000 }, async () => {
  const checkout = join(folder, 'checkout');
  mkdirSync(checkout);
  const { files } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { files: string[] };
  const needed = [
    'package.json',
    'package-lock.json',
    'tsconfig.json',
    'tsconfig.build.json',
    'scripts',
    'src',
    'examples',
  ];
  for (const name of [...needed, ...files.filter((file) => file !== 'dist')])
    cpSync(join(root, name), join(checkout, name), { recursive: true, preserveTimestamps: true });
  // A link would let `npm ci` empty the folder that it points to.
  const copied = spawnSync('cp', ['-al', join(root, 'node_modules'), join(checkout, 'node_modules')]);
  if (copied.status !== 0)
    cpSync(join(root, 'node_modules'), join(checkout, 'node_modules'), { recursive: true, preserveTimestamps: true });
  // What a stranger has: nothing of the project's on the PATH, no settings of npm's from an outer run.
  const stranger: NodeJS.ProcessEnv = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name)),
  );
  stranger['PATH'] = (process.env['PATH'] ?? '')
    .split(delimiter)
    .filter((path) => !path.includes('node_modules'))
    .join(delimiter);
  delete stranger['NODE_OPTIONS'];
  delete stranger['CORTADO_LOG'];
  const version = execFileSync('node', ['--version'], { env: stranger, encoding: 'utf8' });
  const lines = quickStart('README.md');
  const serve = lines.pop()!;
  // The README says what to do where Node is too old.
  if (Number(/^v(\d+)/.exec(version)![1]) < 24) lines.push('npm install --save-dev node@26');
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  assert.ok(readme.includes('`npm install --save-dev node@26`'));
  const config = /```json\n([^`]*"compilerOptions"[^`]*)```/.exec(readme)![1]!;
  execFileSync('sh', ['-e', '-c', lines.join('\n')], { cwd: checkout, env: stranger, stdio: 'pipe', timeout: 200_000 });
  const bar = join(folder, 'coffee-bar');
  writeFileSync(join(bar, 'tsconfig.json'), config);
  execFileSync('npx', ['tsc'], { cwd: bar, env: stranger, stdio: 'pipe' });
  const port = await freePort();
  await using server = startProgram('sh', ['-c', `exec ${serve} --port ${port}`], {
    cwd: bar,
    group: true,
    env: { ...Object.fromEntries(Object.keys(process.env).map((name) => [name, undefined])), ...stranger },
  });
  const [, address] = await server.until(/App +(http:\S+)\n +Docs +http/, 60_000);
  const answer = await fetch(`${address}/orders`, {
    method: 'POST',
    body: '{"drink":"cortado"}',
    headers: { 'content-type': 'application/json' },
  });
  assert.deepEqual([answer.status, await answer.json()], [201, { number: 1 }]);
  assert.equal((await fetch(`${address}/docs/swagger-ui-bundle.js`)).status, 200);
  const list = JSON.parse(readFileSync(join(bar, 'node_modules/.package-lock.json'), 'utf8')) as {
    packages: Record<string, { hasInstallScript?: true }>;
  };
  const scripted = Object.entries(list.packages).filter(
    ([path, { hasInstallScript }]) => hasInstallScript && path !== 'node_modules/node',
  );
  assert.deepEqual(scripted, []);
  // As Ctrl-C in a terminal, which npm counts on.
  process.kill(-server.pid, 'SIGINT');
  await server.ended;
});
