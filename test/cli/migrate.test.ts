import assert from 'node:assert/strict';
import { readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { makeProject, type Project } from '../support/project.ts';

const main = `import { App } from 'cortado';
import { database, model, primaryKey } from 'cortado/db';
import { z } from 'zod';
class User extends model('users', { id: primaryKey(), name: z.string() }) {}
export const db = database({ url: 'sqlite:app.db', models: { User } });
export const app = new App();
app.use(db);
`;

function project(files: Record<string, string>): Project {
  const made = makeProject(files);
  for (const name of ['zod', 'kysely'])
    symlinkSync(
      fileURLToPath(new URL(`../../node_modules/${name}`, import.meta.url)),
      join(made.folder, 'node_modules', name),
    );
  return made;
}

async function cortado(made: Project, ...args: string[]): Promise<[number | NodeJS.Signals, string]> {
  await using program = made.cortado(['migrate', ...args]);
  return [await program.ended, program.output()];
}

test('makes a migration from the models, runs it, lists it and undoes it', async () => {
  using made = project({ 'main.ts': main });
  const [drifted, drift] = await cortado(made, 'drift');
  assert.equal(drifted, 1, drift);
  assert.match(drift, /users/);
  const [code, path] = await cortado(made, 'make', '--title', 'add users');
  assert.equal(code, 0, path);
  assert.match(path, /^migrations\/\S+add_users\.ts\n$/);
  const [file] = readdirSync(join(made.folder, 'migrations'));
  const name = file!.replace('.ts', '');
  assert.match((await cortado(made, 'list'))[1], new RegExp(`${name} +waits`));
  assert.deepEqual(await cortado(made, 'latest'), [0, `up ${name}\n`]);
  assert.deepEqual(await cortado(made, 'latest'), [0, 'There was nothing to do.\n']);
  assert.deepEqual(await cortado(made, 'drift'), [0, 'The tables are as the models say.\n']);
  assert.deepEqual(await cortado(made, 'down'), [0, `down ${name}\n`]);
});

test('says why a migration is empty, and does not take it for done', async () => {
  using made = project({ 'main.ts': main });
  await cortado(made, 'make', '--title', 'first');
  await cortado(made, 'latest');
  const [code, text] = await cortado(made, 'make', '--title', 'second');
  assert.equal(code, 0);
  assert.match(text, /The tables are as the models say, so the migration is empty.*createSchema.*second\.ts\n/s);
  const [failed, why] = await cortado(made, 'latest');
  assert.deepEqual(
    [failed, /second failed, and nothing was changed: Write this by hand: what is to change/.test(why)],
    [1, true],
  );
});

test('ends with one line where the app uses no database', async () => {
  using made = project({ 'main.ts': "import { App } from 'cortado';\nexport const app = new App();" });
  assert.deepEqual(await cortado(made, 'latest'), [
    1,
    'cortado: The app of main.ts uses no database. Add: app.use(db);\n',
  ]);
});

test('asks which database is meant where the app uses several, and works on the one that is named', async () => {
  const two = main
    .replace("url: 'sqlite:app.db',", "url: 'sqlite:app.db', name: 'orders',")
    .replace('export const app', "const other = database({ url: 'sqlite:other.db', models: {} });\nexport const app")
    .concat('app.use(other);\n');
  using made = project({ 'main.ts': two });
  for (const step of ['latest', 'list', 'drift']) {
    const [code, text] = await cortado(made, step);
    assert.equal(code, 1);
    assert.match(
      text,
      /^cortado: The app of main\.ts uses several databases\. Choose one: --database 'orders' or --database '\S*other\.db'\n$/,
    );
  }
  assert.match(
    (await cortado(made, 'drift', '--database', 'odrers'))[1],
    /^cortado: The app of main\.ts uses no database named "odrers"\. There is --database 'orders' or/,
  );
  assert.match((await cortado(made, 'drift', '--database', 'orders'))[1], /users/);
  const [code, path] = await cortado(made, 'make', '--database', 'orders', '--title', 'add users');
  assert.equal(code, 0, path);
  assert.match((await cortado(made, 'latest', '--database', 'orders'))[1], /^up /);
  assert.deepEqual(await cortado(made, 'drift', '--database', 'orders'), [0, 'The tables are as the models say.\n']);
});

test('what is wrong on the command line is told with where its own options stand', async () => {
  using made = project({ 'main.ts': main });
  assert.match(
    (await cortado(made, 'make'))[1],
    /--title <text>' not specified\n\(cortado migrate make --help tells more\)/,
  );
  assert.match(
    (await cortado(made, 'lates'))[1],
    /unknown command 'lates'[\s\S]*\(cortado migrate --help tells more\)/,
  );
});

test('ends with one line where there is no folder of migrations', async () => {
  using made = project({ 'main.ts': main });
  const [code, text] = await cortado(made, 'latest', '--folder', 'nope');
  assert.equal(code, 1);
  assert.match(
    text,
    /^cortado: there is no folder "nope"\. .*cortado migrate make --title 'first' writes the first migration\.\n$/,
  );
});

test('ends with one line where a migration fails', async () => {
  const broken = "export async function up() { throw new Error('no such bean'); }\nexport async function down() {}";
  using made = project({ 'main.ts': main, 'migrations/1_broken.ts': broken });
  const [code, text] = await cortado(made, 'latest');
  assert.equal(code, 1);
  assert.match(text, /^cortado: .*1_broken.*no such bean/);
  assert.equal(text.trim().split('\n').length, 1, text);
});

test('works on the folder that the app declares, wherever the command is run', async () => {
  const declaring = (folder: string): string => main.replace('app.use(db)', `app.use(db, { migrations: ${folder} })`);
  const decoy = "export async function up() { throw new Error('of another database'); }";
  for (const folder of ["new URL('./steps/', import.meta.url)", "'db/steps'"]) {
    using made = project({ 'db/main.ts': declaring(folder), 'migrations/1_decoy.ts': decoy });
    const [code, path] = await cortado(made, 'make', 'db/main.ts', '--title', 'add users');
    assert.equal(code, 0, path);
    assert.match(path, /^db\/steps\/\S+add_users\.ts\n$/);
    const name = path.trim().replace(/^db\/steps\/|\.ts$/g, '');
    assert.deepEqual(await cortado(made, 'latest', 'db/main.ts'), [0, `up ${name}\n`]);
    assert.match((await cortado(made, 'list', 'db/main.ts'))[1], new RegExp(`${name} +\\d{4}-`));
  }
});

test('takes another folder where one is named, and says that it is not the one of the app', async () => {
  const declares = main.replace('app.use(db)', "app.use(db, { migrations: new URL('./steps/', import.meta.url) })");
  using made = project({ 'main.ts': declares });
  const [code, text] = await cortado(made, 'make', '--folder', 'others', '--title', 'add users');
  assert.equal(code, 0, text);
  assert.match(text, /The app itself runs the migrations of steps, not of this folder\.\n/);
  assert.match(text, /^others\/\S+add_users\.ts$/m);
  const same = await cortado(made, 'make', '--folder', 'steps', '--title', 'add users');
  assert.match(same[1], /^steps\/\S+add_users\.ts\n$/);
  using bare = project({ 'main.ts': declares });
  const [none, message] = await cortado(bare, 'latest');
  assert.equal(none, 1);
  assert.match(message, /^cortado: there is no folder "steps"\. .*\n$/);
});
