import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { missingExportAdvice } from '../../src/cli/terminal/missing-export.ts';
import { freePort } from '../support/free-port.ts';
import { makeProject } from '../support/project.ts';

const good = "import { App } from 'cortado';\nexport default new App();\n";

const commands: readonly (readonly string[])[] = [
  ['run'],
  ['run', '--workers', '2'],
  ['worker'],
  ['routes'],
  ['openapi'],
  ['asyncapi'],
  ['migrate', 'latest'],
  ['tasks', 'list'],
];

// As if it were not installed.
function without(name: string): string {
  return `import Module, { registerHooks } from 'node:module';
const gone = (how: any) => (name: string, ...rest: any[]) => {
  if (name === '${name}') throw Object.assign(new Error("Cannot find package '${name}' imported from " + new URL(rest[0]?.parentURL ?? 'file:///x').pathname), { code: 'ERR_MODULE_NOT_FOUND' });
  return how(name, ...rest);
};
(Module as any)._resolveFilename = gone((Module as any)._resolveFilename);
registerHooks({ resolve: (name: string, context: any, next: any) => gone((_: string, __: any) => next(name, context))(name, context) });
`;
}

const failures: readonly [string, Readonly<Record<string, string>>, string[], string][] = [
  ['a file that is not there', {}, ['nowhere.ts'], 'cortado: there is no file "nowhere.ts".'],
  [
    'no app in the file',
    { 'main.ts': 'export const app = 1;' },
    [],
    'cortado: main.ts exports no App. Add: export default app;',
  ],
  [
    'a syntax error in TypeScript',
    { 'main.ts': 'const a = 1;\nconst b: = 2;' },
    [],
    'cortado: main.ts:2: SyntaxError: ',
  ],
  [
    'a syntax error in JavaScript',
    { 'main.js': 'const a = 1;\nconst b = = 2;' },
    [],
    'cortado: main.js:2: SyntaxError: ',
  ],
  [
    'a syntax error in what it imports',
    { 'main.ts': "import './b.ts';", 'b.ts': 'enum A { b }' },
    [],
    'cortado: b.ts:1: SyntaxError: ',
  ],
  [
    'a decorator, in one of several files',
    { 'main.ts': "import './b.ts';\nimport './c.ts';", 'b.ts': 'let a: string;\n@a\nclass A {}', 'c.ts': '' },
    [],
    'cortado: b.ts:2: SyntaxError: ',
  ],
  [
    'a file without its ending',
    { 'src/main.ts': "import './dep';", 'src/dep.ts': '' },
    [],
    "cortado: Cannot find './dep' imported from src/main.ts: write './dep.ts'",
  ],
  [
    'a file with the ending that it is compiled to',
    { 'src/main.ts': "import '../lib/dep.js';", 'lib/dep.ts': '' },
    [],
    "cortado: Cannot find '../lib/dep.js' imported from src/main.ts: write '../lib/dep.ts'",
  ],
  [
    'a folder',
    { 'main.ts': "import './dep';", 'dep/index.ts': '' },
    [],
    "cortado: Cannot find './dep' imported from main.ts: write './dep/index.ts'",
  ],
  [
    'a file that is nowhere',
    { 'main.ts': "import './dep.ts';" },
    [],
    "cortado: Cannot find './dep.ts' imported from main.ts\n",
  ],
  ['what is no Error', { 'main.ts': 'throw { a: 1 };' }, [], 'cortado: not an Error was thrown: { a: 1 }\n'],
  [
    'a package that is not there',
    { 'main.ts': "import 'nopackage';" },
    [],
    "cortado: Cannot find package 'nopackage' imported from main.ts",
  ],
  [
    'a route that does not fit',
    {
      'main.ts':
        "import { App } from 'cortado';\nconst app = new App();\napp.get('/{a}', { params: {} } as never, () => 1);",
    },
    [],
    'cortado: main.ts:3: ',
  ],
  [
    'a promise of an app',
    { 'main.ts': "import { App } from 'cortado';\nexport default Promise.resolve(new App());" },
    [],
    'cortado: main.ts exports a promise by default, not an App. Write: export default await …;',
  ],
  [
    'a function that makes an app',
    { 'main.ts': "import { App } from 'cortado';\nexport default () => new App();" },
    [],
    'cortado: main.ts exports a function by default, not an App. Call it: export default createApp();',
  ],
  [
    'a database without Kysely',
    { 'main.ts': `${without('kysely')}await import('cortado/db');` },
    [],
    'cortado: cortado/db needs kysely: npm install kysely',
  ],
  [
    'threads without Piscina',
    {
      'main.ts': `${without('piscina')}const { threads } = await import('cortado/threads');\nthreads(new URL(import.meta.url));`,
    },
    [],
    'cortado: main.ts:9: threads() needs its pool: npm install piscina',
  ],
  [
    'an await that never ends',
    { 'main.ts': 'export {};\nawait new Promise(() => {});' },
    [],
    'cortado: main.ts: an await at its top level never ends.',
  ],
];

for (const [name, files, args, line] of failures) {
  test(`ends with one line and exit code 1 at ${name}`, async () => {
    using project = makeProject(files);
    for (const command of commands) {
      await using program = project.cortado([...command, ...args, ...(command[0] === 'run' ? ['--port', '0'] : [])]);
      assert.equal(await program.ended, 1, `${command.join(' ')}: ${program.output()}`);
      assert.equal(program.output().trim().split('\n').length, 1, program.output());
      assert.ok(program.output().startsWith(line), program.output());
    }
  });
}

// What the one line says about a name that its module does not have.
const names: readonly (readonly [string, Readonly<Record<string, string>>, string])[] = [
  [
    'a type that is imported as a value',
    { 'main.ts': "import { App, Dependency } from 'cortado';\nexport default new App();" },
    "cortado: main.ts:1: SyntaxError: The requested module 'cortado' does not provide an export named 'Dependency'. It is a type: write import type { Dependency } from 'cortado'\n",
  ],
  [
    'a name of another door',
    { 'main.ts': "import { App, database } from 'cortado';\nexport default new App();" },
    "does not provide an export named 'database'. It is in cortado/db: import { database } from 'cortado/db'\n",
  ],
  [
    'a type of another door',
    { 'src/main.ts': "import { TaskState } from 'cortado';" },
    "does not provide an export named 'TaskState'. It is a type of cortado/queue: import type { TaskState } from 'cortado/queue'\n",
  ],
  [
    'a name in other letters',
    { 'main.ts': "import { HTTPBearer } from 'cortado/security';" },
    "an export named 'HTTPBearer'. Did you mean import { httpBearer } from 'cortado/security'?\n",
  ],
  [
    'the default of a door',
    { 'main.ts': "import cortado from 'cortado';" },
    "an export named 'default'. Its names are imported one by one: import { App } from 'cortado'\n",
  ],
  [
    'a type of a file of their own',
    {
      'main.ts': "import { Bean } from './beans.ts';\nexport const b: Bean = 1;",
      'beans.ts': 'export type Bean = number;',
    },
    "cortado: main.ts:1: SyntaxError: The requested module './beans.ts' does not provide an export named 'Bean'. It is a type: write import type { Bean } from './beans.ts'\n",
  ],
  [
    'a type of a library that is CommonJS',
    { 'main.ts': "import { FastifyRequest } from 'fastify';\nexport const b = (_: FastifyRequest) => 1;" },
    "as named exports. If it is a type, write import type { FastifyRequest } from 'fastify'\n",
  ],
  [
    'a name that is nowhere',
    { 'main.ts': "import { Bean } from './beans.ts';\nexport const b = Bean;", 'beans.ts': '' },
    "an export named 'Bean'. If it is a type, write import type { Bean } from './beans.ts'\n",
  ],
];

for (const [name, files, said] of names)
  test(`says what to do about ${name}`, async () => {
    using project = makeProject(files);
    project.link('fastify');
    await using program = project.cortado(['routes', Object.keys(files)[0]!]);
    assert.equal(await program.ended, 1, program.output());
    assert.ok(program.output().includes(said), program.output());
  });

test('every name of every door is found from every other door', () => {
  const doors = Object.entries(
    JSON.parse(readFileSync(new URL('../project/exports.json', import.meta.url), 'utf8')) as Record<string, string[]>,
  );
  for (const [asked, has] of doors)
    for (const [, names] of doors)
      for (const name of names) {
        const said = `The requested module '${asked}' does not provide an export named '${name}'`;
        const advice = missingExportAdvice(said, undefined);
        // A value of its own is never missing. A name may be at two doors.
        if (has.includes(name) && !advice.startsWith('. It is a type:')) continue;
        const wanted = has.includes(name)
          ? [asked]
          : doors.flatMap(([door, all]) => (all.includes(name) ? [door] : []));
        assert.match(advice, new RegExp(`^\\. It is .*import (type )?\\{ ${name} \\} from '(${wanted.join('|')})'$`));
      }
});

const settings = `import { App, dependency } from 'cortado';
import { z } from 'zod';
import * as v from 'valibot';
import { type } from 'arktype';
const required = (): never => { throw new Error('The settings are not complete.\\nSee settings.md.', { cause: new TypeError('no address') }); };
`;

const secrets = {
  PORT_OF_DB: 'sesame-open',
  MAIL: 'hunter2hunter2',
  DB_URL: 'postgres://u:sesame@h/db',
  API_KEY: 'k3yk3y',
};

// What the start says of errors thrown while the file loads, its frames left out.
const thrown: readonly [string, string, string][] = [
  [
    'values that Zod refuses',
    'z.object({ DATABASE: z.string(), PORT_OF_DB: z.coerce.number(), MAIL: z.url(), n: z.array(z.int()).default(["a" as never]).prefault(["b" as never]) }).parse(process.env);',
    `ZodError: 4 values do not fit:
    DATABASE: Invalid input: expected string, received undefined
    PORT_OF_DB: Invalid input: expected number, received NaN
    MAIL: Invalid URL
    n[0]: Invalid input: expected number, received string`,
  ],
  [
    'values that Valibot refuses, which repeats them',
    'v.parse(v.object({ PORT_OF_DB: v.pipe(v.string(), v.digits()), MAIL: v.picklist(["a"]) }), { ...process.env });',
    `ValiError: 2 values do not fit:
    PORT_OF_DB: Invalid digits
    MAIL: Invalid type: Expected "a"`,
  ],
  [
    'values that ArkType refuses, which repeats them',
    'type({ PORT_OF_DB: "string.numeric.parse", MAIL: "string.url", DATABASE: "string" }).assert({ ...process.env });',
    `TraversalError: 3 values do not fit:
    DATABASE must be a string (was missing)
    MAIL must be a URL string
    PORT_OF_DB must be a well-formed numeric string`,
  ],
  [
    'a message of its own beside the issues',
    "throw Object.assign(new Error('The settings are wrong.'), { issues: [{ message: 'no', path: ['a', { key: 'b' }] }] });",
    `Error: The settings are wrong.
    a.b: no`,
  ],
  [
    'issues that are no Error',
    "throw { issues: [{ message: 'is missing', path: ['DATABASE'] }] };",
    `not an Error was thrown, but what does not fit:
    DATABASE: is missing`,
  ],
  [
    'a message of two lines with a cause',
    'required();',
    `Error: The settings are not complete.
See settings.md.
  caused by: main.ts:5: TypeError: no address`,
  ],
  [
    'several errors in one, and a cause that the message repeats',
    "throw new AggregateError([new Error('first'), new Error('second: third', { cause: new Error('third') })]);",
    `AggregateError
  1 of 2: main.ts:6: Error: first
  2 of 2: main.ts:6: Error: second: third`,
  ],
  [
    'an error at the end of a block whose work had failed',
    "throw new SuppressedError(new Error('close'), new Error('work'));",
    `SuppressedError
  thrown at its end: main.ts:6: Error: close
  after: main.ts:6: Error: work`,
  ],
  [
    'a chain that ends in itself',
    "const error = new Error('round'); throw Object.assign(error, { cause: new Error('trip', { cause: error }) });",
    `Error: round
  caused by: main.ts:6: Error: trip`,
  ],
  [
    'values of the environment in a message',
    "throw new Error('no ' + process.env.DB_URL + ' with ' + process.env.API_KEY);",
    'Error: no [DB_URL] with [API_KEY]',
  ],
  [
    'advice with an address',
    "throw new Error('Write redis://user:password@host.');",
    'Error: Write redis://user:password@host.',
  ],
  ['a password in an address', "throw new Error('no redis://me:pw@h:1/0');", 'Error: no redis://me:…@h:1/0'],
  ['what is no JSON', 'JSON.parse(process.env.MAIL!);', "SyntaxError: Unexpected token 'h': it is not valid JSON"],
  ['what is no number', 'BigInt(process.env.MAIL!);', 'SyntaxError: Cannot convert [MAIL] to a BigInt'],
  ['an environment that is thrown', 'throw { MAIL: process.env.MAIL };', "not an Error was thrown: { MAIL: '[MAIL]' }"],
  [
    'a message without an end',
    "throw new Error('a'.repeat(1000) + '\\nb'.repeat(1000));",
    `Error: ${'a'.repeat(400)}…${'\nb'.repeat(19)}
… and 981 more lines`,
  ],
];

for (const [name, code, said] of thrown)
  test(`says all of ${name}, and nothing of what the values are`, async () => {
    using project = makeProject({ 'main.ts': `${settings}${code}\n` });
    for (const library of ['zod', 'valibot', 'arktype']) project.link(library);
    await using program = project.cortado(['routes'], secrets);
    assert.equal(await program.ended, 1, program.output());
    const lines = program
      .output()
      .split('\n')
      .filter((line) => !/^ +at /.test(line));
    const place = said.startsWith('not an Error') ? '' : 'main.ts:6: ';
    // `required` stands one line above.
    assert.equal(lines.join('\n').replace('main.ts:5: Error', 'main.ts:6: Error'), `cortado: ${place}${said}\n`);
    for (const secret of [...Object.values(secrets), 'sesame', 'pw@'])
      assert.ok(!program.output().includes(secret), secret);
  });

for (const command of [...commands, ['dev']])
  test(`\`cortado ${command.join(' ')}\` says all of what a schema refused at import, and of what failed at the start`, async () => {
    const refused = `${settings}z.object({ DATABASE: z.string(), MAIL: z.url() }).parse(process.env);\n`;
    const failed = `${settings}const pool = dependency(required, { scope: 'app', name: 'pool' });
export const app = new App();
app.get('/', { params: { pool } }, () => 1);
`;
    const serves = ['run', 'dev'].includes(command[0]!);
    const cases: [string, RegExp][] = [
      [
        refused,
        /^cortado: main\.ts:6: ZodError: 2 values do not fit:\n {4}DATABASE: .*\n {4}MAIL: Invalid URL\n {4}at main/,
      ],
      ...(serves
        ? [
            [
              failed,
              /^cortado: main\.ts:5: Error: The settings are not complete\.\nSee settings\.md\.\n( +at .*\n)+ {2}caused by: main\.ts:5: TypeError: no address\n/,
            ] as [string, RegExp],
          ]
        : []),
    ];
    for (const [text, said] of cases) {
      using project = makeProject({ 'main.ts': text });
      for (const library of ['zod', 'valibot', 'arktype']) project.link(library);
      await using program = project.cortado([...command, ...(serves ? ['--port', '0'] : [])], secrets);
      if (command[0] === 'dev') await program.until(/waiting for a change/);
      else assert.equal(await program.ended, 1, program.output());
      assert.match(program.output().replace('↻ waiting for a change\n', ''), said);
      assert.doesNotMatch(program.output(), /hunter2|sesame/);
    }
  });

test('`cortado worker` says all of what an app-scoped dependency fails with', async () => {
  using project = makeProject({
    'main.ts': `import { App, dependency } from 'cortado';
import { database } from 'cortado/db';
import { Queue } from 'cortado/queue';
const db = database({ url: 'sqlite:tasks.db', models: {} });
const queue = new Queue({ engine: db });
const pool = dependency((): never => { throw new AggregateError([new Error('no beans'), new Error('no milk')], 'no bar\\ntoday'); }, { scope: 'app', name: 'pool' });
queue.task('brew', { params: { pool } }, () => 1);
export const app = new App();
app.use(db);
app.use(queue);
app.get('/', { params: { pool } }, () => 1);
`,
  });
  for (const library of ['zod', 'kysely']) project.link(library);
  await using program = project.cortado(['worker']);
  assert.equal(await program.ended, 1, program.output());
  const said = program.output().replace(/^ +at .*\n/gm, '');
  assert.equal(
    said,
    'cortado: main.ts:6: AggregateError: no bar\ntoday\n  1 of 2: main.ts:6: Error: no beans\n  2 of 2: main.ts:6: Error: no milk\n',
  );
});

test('says what to set in a project of CommonJS, as `npm init` makes it', async () => {
  using project = makeProject({ 'package.json': '{ "type": "commonjs" }', 'main.ts': good });
  await using program = project.cortado(['run']);
  assert.equal(await program.ended, 1);
  assert.match(
    program.output(),
    /statement outside a module\. package\.json must say "type": "module": npm pkg set type=module/,
  );
});

test('shows the frames of the own code where a module throws, and no others', async () => {
  using project = makeProject({
    'main.ts': "function brew() {\n  throw new Error('no beans');\n}\nexport default brew();",
  });
  await using program = project.cortado(['run']);
  assert.equal(await program.ended, 1);
  assert.match(
    program.output(),
    /^cortado: main\.ts:2: Error: no beans\n {4}at brew \(main\.ts:2:9\)\n {4}at main\.ts:4:16\n$/,
  );
});

for (const [how, listen] of [
  ['awaits it', 'await app.listen({ port: 0 });'],
  ['does not await it', 'app.listen({ port: 0 });'],
  ['takes the port of the command', 'await app.listen({ port: Number(process.env.PORT) });'],
  ['takes the port of the command, and does not await it', 'app.listen({ port: Number(process.env.PORT) });'],
] as const)
  test(`says what to take out of an app that listens by itself, where it ${how}`, async () => {
    const file = `import { App } from 'cortado';\nconst app = new App();\n${listen}\nexport default app;\n`;
    using project = makeProject({ 'main.ts': file });
    for (const command of ['run', 'dev']) {
      await using program = project.cortado([command, '--port', String(await freePort())]);
      if (command === 'dev') await program.until(/waiting for a change/);
      else assert.equal(await program.ended, 1);
      assert.match(
        program.output(),
        /^cortado: (the app listens already|listen EADDRINUSE: .*)\. Take app\.listen\(\) out of its file, or write `if \(import\.meta\.main\) await/m,
      );
    }
  });

test('an app beside the one that is served may listen by itself', async () => {
  const file =
    "import { App } from 'cortado';\nexport const inner = new App();\nawait inner.listen({ port: 0 });\nexport default new App();\n";
  using project = makeProject({ 'main.ts': file });
  for (const command of ['run', 'dev']) {
    await using program = project.cortado([command, '--port', '0', '--host', '127.0.0.1']);
    await program.until(command === 'dev' ? /App +http:/ : /listening at (?:.|\n)*listening at/);
  }
});

test('says that a port is in use', async () => {
  using project = makeProject({ 'main.ts': good });
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  try {
    for (const command of [['dev'], ['run'], ['run', '--workers', '2']]) {
      await using program = project.cortado([...command, '--host', '127.0.0.1', '--port', String(port)]);
      assert.equal(await program.ended, 1);
      assert.equal(
        program.output(),
        `cortado: port ${port} of 127.0.0.1 is in use. Stop what uses it, or take another: --port ${port + 1}\n`,
      );
    }
  } finally {
    server.close();
  }
});

test('refuses what is not a port', async () => {
  using project = makeProject({ 'main.ts': good });
  await using program = project.cortado(['run', '--port', '70000']);
  assert.equal(await program.ended, 1);
  assert.match(program.output(), /argument '70000' is invalid/);
});

for (const [what, code, message] of [
  [
    'an app-scoped dependency that never opens',
    "const pool = dependency(async function* () { await new Promise(() => {}); yield 1; }, { scope: 'app', name: 'pool' });\napp.get('/', { params: { pool } }, () => 1);",
    /^cortado: .*app-scoped dependency "pool" never opens: nothing is left that it could wait for\.\n/,
  ],
  [
    'a plugin that throws',
    "app.use((_server, _options, _done) => { throw new Error('no beans'); });",
    /^cortado: .*no beans\n/,
  ],
] as const)
  test(`ends with exit code 1, and says why, at ${what}`, async () => {
    using project = makeProject({
      'main.ts': `import { App, dependency } from 'cortado';\nconst app = new App();\n${code}\nexport default app;\n`,
    });
    await using program = project.cortado(['run', '--port', '0']);
    assert.equal(await program.ended, 1, program.output());
    assert.match(program.output(), message);
  });
