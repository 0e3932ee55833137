#!/usr/bin/env bash
# Node 26.10.0 (from npm's package node; V8 is part of it).
# Seen: JSON.stringify() writes plain lists and objects that nest 200,000 levels, and JSON.parse() reads them. With one Date beside them, anything else
# that has toJSON, an indentation, a replacer, or a function for JSON.parse(), either goes level by level and throws a RangeError within the first ten
# thousand, at fewer levels for lists than for objects where there is a replacer.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
npm init -y > /dev/null && npm install --silent --no-audit --no-fund node@26.10.0
cat > main.mjs <<'JS'
const levels = 200_000;
const few = 10_000;
const text = (depth) => '['.repeat(depth) + ']'.repeat(depth);
const objects = (depth) => JSON.parse('{"a":'.repeat(depth) + '1' + '}'.repeat(depth));
const same = (_key, value) => value;
const moment = new Date(0);
const ways = {
  'lists written': () => JSON.stringify(JSON.parse(text(levels))),
  'objects written': () => JSON.stringify(objects(levels)),
  'lists beside a date': () => JSON.stringify([moment, JSON.parse(text(few))]),
  'objects beside a date': () => JSON.stringify([moment, objects(few)]),
  'lists, indented': () => JSON.stringify(JSON.parse(text(few)), undefined, 1),
  'lists with a replacer, half as deep': () => JSON.stringify(JSON.parse(text(few / 2)), same),
  'objects with a replacer, half as deep': () => JSON.stringify(objects(few / 2), same),
  'lists read with a function': () => JSON.parse(text(few), same),
};
for (const [what, way] of Object.entries(ways)) {
  let how = 'fine';
  try {
    way();
  } catch (error) {
    how = error.name;
  }
  console.log(`${what}: ${how}`);
}
JS
seen=$(./node_modules/.bin/node main.mjs)
echo "$seen"
[ "$seen" = 'lists written: fine
objects written: fine
lists beside a date: RangeError
objects beside a date: RangeError
lists, indented: RangeError
lists with a replacer, half as deep: RangeError
objects with a replacer, half as deep: fine
lists read with a function: RangeError' ] || { echo 'CHANGED'; exit 1; }
