import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = join(import.meta.dirname, '../.start');

/** What is started: a folder, and what `node` runs there; `$PORT` is the port. */
export interface Started {
  readonly name: string;
  readonly label: string;
  readonly cwd: string;
  readonly args: readonly string[];
}

/** Writes the applications of so many routes, beside Cortado as it would be published; `before` is an earlier checkout. */
export function writeApps(routes: number, before: string | undefined): readonly Started[] {
  const ours = installed('now', join(import.meta.dirname, '../..'));
  const theirs = join(folder, 'peer');
  mkdirSync(theirs, { recursive: true });
  writeFileSync(join(theirs, 'package.json'), '{"type":"module"}');
  writeFileSync(join(theirs, `app${routes}.ts`), fastifyApp(routes));
  const started = [{ name: 'fastify', label: 'Fastify with Zod: node app.ts', cwd: theirs, args: [`app${routes}.ts`] }];
  const checkouts = [
    ['cortado', 'Cortado', ours],
    ...(before ? [['before', 'Cortado, an earlier build', installed('before', before)]] : []),
  ];
  for (const [name, label, cwd] of checkouts as [string, string, string][]) {
    writeFileSync(join(cwd, `app${routes}.ts`), cortadoApp(routes));
    writeFileSync(join(cwd, `serve${routes}.ts`), serving(routes));
    const command = ['node_modules/cortado/dist/cli/main.js', 'run', `app${routes}.ts`, '--port', '$PORT'];
    started.push({ name, label: `${label}: cortado run app.ts`, cwd, args: command });
    started.push({ name: `${name}-node`, label: `${label}: node app.ts`, cwd, args: [`serve${routes}.ts`] });
  }
  return started;
}

function installed(name: string, checkout: string): string {
  const cwd = join(folder, name);
  const home = join(cwd, 'node_modules/cortado');
  rmSync(home, { recursive: true, force: true });
  const { status } = spawnSync(process.execPath, ['--conditions=cortado-source', 'scripts/build.ts'], {
    cwd: checkout,
  });
  if (status !== 0) throw new Error(`${checkout} cannot be built`);
  mkdirSync(home, { recursive: true });
  for (const part of ['dist', 'package.json']) cpSync(join(checkout, part), join(home, part), { recursive: true });
  writeFileSync(join(cwd, 'package.json'), '{"type":"module"}');
  return cwd;
}

// Every route has schemas of its own, as in an app that has grown; the first one is asked for the first answer.
function fields(n: number): string {
  return `z.object({ name${n}: z.string().min(1), price: z.number(), tags: z.array(z.string()) })`;
}

function cortadoApp(routes: number): string {
  const lines = Array.from({ length: routes - 1 }, (_, n) => {
    return `app.post('/things${n}/{id}', { params: { id: z.int(), body: ${fields(n)} }, response: z.object({ id: z.int() }) }, ({ id }) => ({ id }));`;
  });
  return `import { App } from 'cortado';
import { z } from 'zod';
export const app = new App({ logger: false });
app.get('/users/{id}', { params: { id: z.int() }, response: z.object({ id: z.int(), name: z.string() }) }, ({ id }) => ({ id, name: 'Ada' }));
${lines.join('\n')}
`;
}

function serving(routes: number): string {
  return `import { app } from './app${routes}.ts';
await app.listen({ port: Number(process.env['PORT']) });
process.once('SIGTERM', () => process.exit());
`;
}

function fastifyApp(routes: number): string {
  const lines = Array.from({ length: routes - 1 }, (_, n) => {
    return `app.post('/things${n}/:id', { schema: { params: z.object({ id: z.coerce.number().int() }), body: ${fields(n)}, response: { 200: z.object({ id: z.int() }) } } }, async (request) => ({ id: request.params.id }));`;
  });
  return `import Fastify from 'fastify';
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
const app = Fastify().withTypeProvider<ZodTypeProvider>();
app.setValidatorCompiler(validatorCompiler);
app.setSerializerCompiler(serializerCompiler);
app.get('/users/:id', { schema: { params: z.object({ id: z.coerce.number().int() }), response: { 200: z.object({ id: z.int(), name: z.string() }) } } }, async (request) => ({ id: request.params.id, name: 'Ada' }));
${lines.join('\n')}
await app.listen({ port: Number(process.env['PORT']), host: '127.0.0.1' });
process.once('SIGTERM', () => process.exit());
`;
}
