import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startNode } from '../../support/program.ts';

// What is loaded late is so by a fast path.
delete process.env['CORTADO_FAST_PATHS'];

const cortado = new URL('../../../src/index.ts', import.meta.url).href;

// Each takes a good part of the time in which an app starts.
test("an app has loaded neither Node's fetch nor Fastify's JSON Schema compilers by its first answer", async () => {
  const source = `
    import { createRequire } from 'node:module';
    const { get } = process.getBuiltinModule('node:http');
    import { App } from ${JSON.stringify(cortado)};
    const app = new App({ logger: false });
    app.get('/', () => ({ ok: true }));
    const address = await app.listen({ port: 0 });
    get(address, async (answer) => {
      for await (const _ of answer);
      const loaded = [...process.moduleLoadList, ...Object.keys(createRequire(import.meta.url).cache)];
      console.log('too much:', JSON.stringify(loaded.filter((name) => /undici|node_modules.(ajv|@fastify.(ajv|fast-json))/.test(name))), loaded.length);
      await app.close();
    });`;
  await using program = startNode(['--input-type=module', '-e', source]);
  const [, tooMuch, count] = await program.until(/too much: (\S+) (\d+)/);
  assert.equal(tooMuch, '[]');
  assert.ok(Number(count) > 100, 'the lists are there');
});
