import assert from 'node:assert/strict';
import { test } from 'node:test';
import { App } from 'cortado';
import { testClient } from 'cortado/testing';
import { z } from 'zod';
import { parsePath } from '../../../src/declare/route/path-template.ts';
import { chance } from '../../support/random.ts';

/** What Starlette makes of a template: as much as fits for each parameter, one after the other. */
function starlette(template: string): RegExp {
  const parts = template.split(/(\{[^{}]*\})/);
  const text = (part: string): string => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${parts.map((part) => (part.startsWith('{') ? '([^/]+)' : text(part))).join('')}$`);
}

test('a segment of several parameters is divided as Starlette divides it', async (context) => {
  const random = chance(context);
  const number = (below: number): number => random.below(below);
  const texts = ['-', '.', '--', 'aa', 'ab', '-a', ':'];
  for (let round = 0; round < 60; round++) {
    const count = 2 + number(3);
    let template = '/v/';
    for (let at = 0; at < count; at++)
      template += `{p${at}}${at === count - 1 && number(2) === 0 ? '' : texts[number(texts.length)]}`;
    const { names, matches } = parsePath(template);
    await using app = new App({ logger: false, docs: false });
    app.get(
      template as '/v/',
      { params: Object.fromEntries(names.map((name) => [name, z.string()])) },
      (values) => values as object,
    );
    const client = await testClient(app);
    for (let path = 0; path < 15; path++) {
      let segment = '';
      for (let length = 1 + number(10); length > 0; length--) segment += ['a', 'b', '-', '.', ':'][number(5)];
      // A client takes these for folders.
      if (segment === '.' || segment === '..') continue;
      const found = starlette(template).exec(`/v/${segment}`);
      const expected = found === null ? undefined : Object.fromEntries(names.map((name, at) => [name, found[at + 1]]));
      const answer = await client.get(`/v/${segment}`);
      assert.deepEqual(answer.status === 200 ? await answer.json() : undefined, expected, `${template} for ${segment}`);
      assert.equal(matches(`/v/${segment}`), found !== null, `${template} for ${segment}`);
    }
  }
});

for (const [template, repeated] of [
  ['/{y}-{m}-{d}.csv', '-'],
  ['/{a}--{b}--{c}--{d}!', '-'],
  ['/{a}!{b}.{c}-{d}', '.-'],
  ['/{a}{b}{c}{d}x', 'a'],
  ['/{a}.{b}.{c}.{d}.{e}z', '.'],
  ['/{a}aa{b}aa{c}aa{d}b', 'a'],
] as const) {
  test(`a path that does not fit ${template} costs no more than its length`, async () => {
    await using app = new App({ logger: false, docs: false, redirectSlashes: true });
    const { names } = parsePath(template);
    app.get(template as '/x', { params: Object.fromEntries(names.map((name) => [name, z.string()])) }, () => 'found');
    const client = await testClient(app);
    await client.get('/');
    const path = `/${repeated.repeat(2000 / repeated.length)}`;
    const before = process.cpuUsage().user;
    assert.equal((await client.get(path)).status, 404);
    // Microseconds. It was 6 s for the first of them.
    assert.ok(process.cpuUsage().user - before < 500_000, `${(process.cpuUsage().user - before) / 1000} ms`);
  });
}
