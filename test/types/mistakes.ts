import assert from 'node:assert/strict';

// What is no answer, task or path; and the words that say so. Each is one line after `mistakesHead`.
export const mistakes: readonly (readonly [code: string, message: RegExp])[] = [
  [
    "app.get('/users/{user_id}', { params: { name: z.string() } }, () => 1);",
    /the path has \{user_id\}, so params must declare \\?"user_id\\?"/,
  ],
  [
    "app.get('/users/{user_id}', () => 1);",
    /the path has parameters, so pass \{ params: \{ … \} \} before the handler/,
  ],
  [
    "app.get('/users', { respones: z.string() }, () => 1);",
    /'respones' does not exist.*Did you mean to write 'responses'\?/,
  ],
  [
    "app.get('/users', { response: z.object({ a: z.string() }) }, () => ({ a: 1 }));",
    /Type 'number' is not assignable to type 'string'/,
  ],
  ["app.get('/users/{id}', { params: { id: z.int() } }, ({ ids }) => ids);", /Property 'ids' does not exist on type/],
  ["app.get('/users', { guards: [() => 1] }, () => 1);", /is not assignable to type 'Dependency<unknown, string>'/],
  // The literal is named, also where it comes later or through inputs.
  ["app.get('/a', { response: Kind }, () => ({ kind: 'c' }));", /Type '"c"' is not assignable to type '"a" \| "b"'/],
  [
    "app.get('/b', { response: Kind }, async () => ({ kind: 'c' }));",
    /Type '"c"' is not assignable to type '"a" \| "b"'/,
  ],
  [
    "app.get('/{id}', { params: { id: z.int() }, response: Kind }, async ({ id }) => ({ kind: id > 1 ? 'a' : 'c' }));",
    /Type '"c"' is not assignable to type '"a" \| "b"'/,
  ],
  [
    "app.get('/c', { response: z.array(Kind) }, async () => ({ kind: 'a' }));",
    /Type '\{ kind: string; \}' is not assignable/,
  ],
  ["app.get('/d', { response: Kind }, () => ({}));", /Type '\{\}' is not assignable/],
  [
    "app.get('/e', { response: jsonLines(Kind) }, async function* () { yield { kind: 'c' }; });",
    /Type '"c"' is not assignable to type '"a" \| "b"'/,
  ],
  [
    "app.get('/f', { response: eventStream(Kind) }, function* () { yield { kind: 'c' }; });",
    /Generator<\{ kind: "c"; \}.* is not assignable to type .*kind: "a" \| "b"/,
  ],
  [
    "app.get('/g', { response: content('text/csv') }, function* () { yield 1; });",
    /Generator<(number|1), .* is not assignable to type .*Content/,
  ],
  ["queue.task('a', { returns: Kind }, () => ({ kind: 'c' }));", /Type '"c"' is not assignable to type '"a" \| "b"'/],
  [
    "queue.task('b', { params: { n: z.int() }, returns: Kind }, async ({ n }) => ({ kind: n > 1 ? 'a' : 'c' }));",
    /Type '"c"' is not assignable to type '"a" \| "b"'/,
  ],
  ["queue.task('c', { params: { n: z.int() }, unique: ({ m }) => m }, () => 1);", /Property 'm' does not exist/],
  [
    "app.get('/h', { params: { basic: httpBasic() } }, ({ basic }) => basic.name);",
    /Property 'name' does not exist on type 'BasicCredentials'/,
  ],
  ['app.urlFor(showKind, {});', /Property 'id' is missing in type '\{\}'/],
  ["app.urlFor(showKind, { id: '3' });", /Type 'string' is not assignable to type 'number'/],
  [
    'client.call(showKind, { id: 1 }).then(({ data }) => data?.name);',
    /Property 'name' does not exist on type '\{ kind: "a" \| "b"; \}'/,
  ],
  ["app.get('/l', { around: [() => 1] }, () => 1);", /is not assignable to type 'Around<string>'/],
  // Sockets.
  [
    "app.socket('/s/{id}', { params: { name: z.string() } }, () => 1);",
    /the path has \{id\}, so params must declare \\?"id\\?"/,
  ],
  ["app.socket('/s/{id}', () => 1);", /the path has parameters, so pass \{ params: \{ … \} \} before the function/],
  ["app.socket('/s', { incomming: Kind }, () => 1);", /'incomming' does not exist.*Did you mean to write 'incoming'\?/],
  [
    "app.socket('/s', { outgoing: Kind }, (_, socket) => socket.send({ kind: 'c' }));",
    /Type '"c"' is not assignable to type '"a" \| "b"'/,
  ],
  ["app.socket('/s', (_, socket) => socket.send(1));", /is not assignable to parameter of type 'string \| Uint8Array/],
  [
    "app.socket('/s', { incoming: Kind }, async (_, socket) => { for await (const { kinds } of socket) kinds; });",
    /Property 'kinds' does not exist on type '\{ kind: "a" \| "b"; \}'/,
  ],
  ["app.socket('/s', { incoming: 'xml' }, () => 1);", /Type '"xml"' is not assignable to type/],
  // A forgotten await.
  ["app.get('/i', () => ({ id: brew.enqueue({}).id }));", /Property 'id' does not exist on type 'Promise<TaskHandle</],
  [
    "app.get('/j', async () => ({ state: (await brew.enqueue({})).record().state }));",
    /Property 'state' does not exist on type 'Promise<TaskRecord>'/,
  ],
  [
    "app.get('/k', { response: Kind }, () => ({ kind: brew.enqueue({}) }));",
    /Type 'Promise<TaskHandle<.*>>' is not assignable to type '"a" \| "b"'/,
  ],
];

export const mistakesHead = `import { App, content, eventStream, jsonLines } from 'cortado';
import { Queue } from 'cortado/queue';
import { httpBasic } from 'cortado/security';
import type { TestClient } from 'cortado/testing';
import { z } from 'zod';
const app = new App();
const queue = new Queue();
const Kind = z.object({ kind: z.enum(['a', 'b']) });
const brew = queue.task('brew', () => 'done');
const showKind = app.get('/kinds/{id}', { params: { id: z.int() }, response: Kind }, () => ({ kind: 'a' }));
declare const client: TestClient;
[content, eventStream, jsonLines, httpBasic, Kind, brew];
`;

const headLines = mistakesHead.split('\n').length;

/** Holds what a compiler said of `mistakesHead` and each mistake to what it should have said. */
export function checkMistakes(errors: ReadonlyMap<number, string>): void {
  for (const [index, [code, message]] of mistakes.entries()) {
    const found = errors.get(index + headLines);
    assert.ok(found, `no error for ${code}`);
    assert.match(found, message);
    // What a generator yields is the one that needs more words.
    assert.ok(found.trimEnd().split('\n').length <= (code.includes('function*') ? 12 : 7), `too long:\n${found}`);
  }
  assert.equal(errors.size, mistakes.length);
}
