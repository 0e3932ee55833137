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

test('ends with one line where the app uses no database', async () => {
  using made = project({ 'main.ts': "import { App } from 'cortado';\nexport const app = new App();" });
  assert.deepEqual(await cortado(made, 'latest'), [
    1,
    'cortado: The app of main.ts uses no database. Add: app.use(db);\n',
  ]);
});

test('ends with one line where there is no folder of migrations', async () => {
  using made = project({ 'main.ts': main });
  const [code, text] = await cortado(made, 'latest', '--folder', 'nope');
  assert.equal(code, 1);
  assert.match(text, /^cortado: there is no folder "nope"\. .*\n$/);
});

test('ends with one line where a migration fails', async () => {
  const broken = "export async function up() { throw new Error('no such bean'); }\nexport async function down() {}";
  using made = project({ 'main.ts': main, 'migrations/1_broken.ts': broken });
  const [code, text] = await cortado(made, 'latest');
  assert.equal(code, 1);
  assert.match(text, /^cortado: .*1_broken.*no such bean/);
  assert.equal(text.trim().split('\n').length, 1, text);
});
