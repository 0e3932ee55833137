#!/usr/bin/env bash
# zod 4.6.7.
# Seen: an object whose shape has a getter, the way in which Zod's documentation writes recursive types, is handed back by z.compile() as it was, also
# where nothing is recursive. Nothing says so, unless { strict: true } is asked for. Nor is any object compiled that holds such a one.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
npm init -y > /dev/null && npm install --silent --no-audit --no-fund zod@4.6.7
cat > main.mjs <<'JS'
import * as z from 'zod';
const plain = z.object({ text: z.string() });
const withGetter = z.object({ get text() { return z.string(); } });
const around = z.object({ inside: withGetter });
for (const [name, schema] of Object.entries({ plain, withGetter, around })) {
  let strict = 'compiled';
  try {
    z.compile(schema, { strict: true });
  } catch (error) {
    strict = error.name;
  }
  console.log(name, z.compile(schema) === schema ? 'handed back' : 'another one', strict);
}
JS
seen=$(node main.mjs)
echo "$seen"
[ "$seen" = 'plain another one compiled
withGetter handed back ZodCompileUnsupportedError
around handed back ZodCompileUnsupportedError' ] || { echo 'CHANGED'; exit 1; }
