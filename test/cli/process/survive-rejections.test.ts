import assert from 'node:assert/strict';
import { test } from 'node:test';
import { freePort } from '../../support/free-port.ts';
import { makeProject } from '../../support/project.ts';
import { sendRequest } from '../../support/send-request.ts';

const main = `import { App } from 'cortado';
export const app = new App();
app.get('/forgets', () => { void (async () => { await null; throw new Error('nobody hears this'); })(); return 'ok'; });
app.get('/', () => 'still here');
setTimeout(() => process.env.STRAY && Promise.reject(new Error('of nobody')), 1500);
`;

for (const command of ['run', 'dev'])
  test(`cortado ${command}: a rejection that nobody awaits is logged with its route, and the process goes on`, async () => {
    using project = makeProject({ 'main.ts': main });
    const port = await freePort();
    const program = project.cortado([command, 'main.ts', '--host', '127.0.0.1', '--port', String(port)]);
    await using _ = program;
    await program.until(command === 'run' ? /Server listening/ : /docs/);
    const address = `http://127.0.0.1:${port}`;
    assert.equal((await sendRequest(address, '/forgets')).status, 200);
    await program.until(/something of GET \/forgets failed, and nothing awaited it/);
    assert.match(program.output(), /nobody hears this/);
    assert.equal((await sendRequest(address, '/')).text, '"still here"');
  });

test('cortado run: a rejection that belongs to no request ends the process, as in Node', async () => {
  using project = makeProject({ 'main.ts': main });
  const port = await freePort();
  const program = project.cortado(['run', 'main.ts', '--port', String(port)], { STRAY: '1' });
  await using _ = program;
  assert.notEqual(await program.ended, 0);
  assert.match(program.output(), /of nobody/);
});
