import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileTypes, manyRoutes } from '../support/compile-types.ts';
import { checkMistakes, mistakes, mistakesHead } from './mistakes.ts';

test('mistakes are told where they were made, in words that help', () => {
  checkMistakes(compileTypes(mistakesHead + mistakes.map(([code]) => code).join('\n')).errors);
});

test('the cost of a type check grows with the number of routes, and no faster', () => {
  const none = compileTypes(manyRoutes(0));
  const some = compileTypes(manyRoutes(100));
  const many = compileTypes(manyRoutes(1000));
  assert.equal(many.errors.size, 0);
  const perRoute = (some.instantiations - none.instantiations) / 100;
  assert.ok(perRoute < 1500, `${perRoute} instantiations a route`);
  assert.ok(many.instantiations - none.instantiations < 11 * 100 * perRoute, `${many.instantiations} for 1,000 routes`);
  // The goal is 1.5 s (node scripts/time-types.ts); this only catches a disaster, whatever else the machine does.
  assert.ok(many.total < 20_000, `${many.total} ms`);
});
