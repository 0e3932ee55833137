#!/usr/bin/env bash
# Node 26.10.0 (from npm's package node).
# Seen: assert.deepStrictEqual() and util.isDeepStrictEqual() take any two values of one class of Temporal for equal, a day of 2026 and one of 1999 for
# example, alone and inside of objects; so they do two Headers, and two Intl.Locale. Dates and URLs they tell apart. What such values are is in internal
# slots, and no property shows it; a test that compares them so passes whatever they are. Their own equals(), or their text, tells them apart.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
npm init -y > /dev/null && npm install --silent --no-audit --no-fund node@26.10.0
cat > main.mjs <<'JS'
import assert from 'node:assert';
import { isDeepStrictEqual } from 'node:util';
const pairs = [
  ['2026-11-30', '1999-01-01'].map((text) => Temporal.PlainDate.from(text)),
  ['09:00', '21:30'].map((text) => Temporal.PlainTime.from(text)),
  ['2026-11-30T00:00Z', '1999-01-01T00:00Z'].map((text) => Temporal.Instant.from(text)),
  ['PT1H', 'P3D'].map((text) => Temporal.Duration.from(text)),
  ['1', '2'].map((value) => new Headers({ a: value })),
  ['de', 'fr'].map((tag) => new Intl.Locale(tag)),
  [0, 1].map((moment) => new Date(moment)),
  ['http://a.example', 'http://b.example'].map((address) => new URL(address)),
];
for (const [one, other] of pairs) {
  let asserted = 'equal';
  try {
    assert.deepStrictEqual({ order: { on: one } }, { order: { on: other } });
  } catch {
    asserted = 'not equal';
  }
  const equals = typeof one.equals === 'function' ? `, equals() says ${one.equals(other)}` : '';
  console.log(`${one.constructor.name}: ${isDeepStrictEqual(one, other)}, ${asserted} in an assertion${equals}`);
}
JS
seen=$(./node_modules/.bin/node main.mjs)
echo "$seen"
[ "$seen" = 'PlainDate: true, equal in an assertion, equals() says false
PlainTime: true, equal in an assertion, equals() says false
Instant: true, equal in an assertion, equals() says false
Duration: true, equal in an assertion
Headers: true, equal in an assertion
Locale: true, equal in an assertion
Date: false, not equal in an assertion
URL: false, not equal in an assertion' ] || { echo 'CHANGED'; exit 1; }
