import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startNode } from '../support/program.ts';

const cortado = new URL('../../src/index.ts', import.meta.url).href;

test("an app that answers with JSON has not loaded Node's fetch by its first answer", async () => {
  const source = `
    const { get } = process.getBuiltinModule('node:http');
    import { App } from ${JSON.stringify(cortado)};
    const app = new App({ logger: false });
    app.get('/', () => ({ ok: true }));
    const address = await app.listen({ port: 0 });
    get(address, async (answer) => {
      for await (const _ of answer);
      console.log('fetch is loaded:', process.moduleLoadList.some((name) => name.includes('undici/undici')));
      await app.stop();
    });`;
  await using program = startNode(['--input-type=module', '-e', source]);
  const [, isLoaded] = await program.until(/fetch is loaded: (\w+)/);
  assert.equal(isLoaded, 'false');
});
