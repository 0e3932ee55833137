#!/usr/bin/env bash
# Node 26.10.0 (from npm's package node; V8 is part of it).
# Seen: what a WeakMap maps to is kept by V8's young collections (Scavenge) where the map itself is old and the value leads back to its key, though nobody else has
# the key: all of it waits for the next full collection (Mark-Compact). The same values on a property of the key are gone with the next young one. So a
# WeakMap of a module, keyed by the objects of one request, keeps all that the requests of many seconds read.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
npm init -y > /dev/null && npm install --silent --no-audit --no-fund node@26.10.0
cat > main.mjs <<'JS'
const [way] = process.argv.slice(2);
const known = new WeakMap();
const mark = Symbol('known');
function request() {
  const key = {};
  const value = { key, read: Array.from({ length: 1000 }, (_, n) => n + 0.5) };
  if (way === 'WeakMap') known.set(key, value);
  else key[mark] = value;
}
const megabytes = () => process.memoryUsage().heapUsed / 1024 / 1024;
for (let n = 0; n < 100; n++) request();
gc({ type: 'major', execution: 'sync' });
gc({ type: 'major', execution: 'sync' });
const before = megabytes();
for (let n = 0; n < 4000; n++) {
  request();
  if (n % 100 === 0) gc({ type: 'minor', execution: 'sync' });
}
gc({ type: 'minor', execution: 'sync' });
const young = megabytes() - before;
gc({ type: 'major', execution: 'sync' });
// Of 4,000 requests with 8 KB of numbers each, 31 MB.
const kept = (grown) => (grown > 15 ? 'most' : grown < 5 ? 'nothing' : `${grown.toFixed(1)} MB`);
console.log(`${way}: young collections leave ${kept(young)}, a full one ${kept(megabytes() - before)}`);
JS
seen=$(for way in 'WeakMap' 'property'; do ./node_modules/.bin/node --expose-gc main.mjs "$way"; done)
echo "$seen"
[ "$seen" = 'WeakMap: young collections leave most, a full one nothing
property: young collections leave nothing, a full one nothing' ]
