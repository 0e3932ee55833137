#!/usr/bin/env bash
# zod 4.6.7. z.toJSONSchema() and parse() disagree on what must be there.
# Seen: the output schema of a record over an enum requires every key, also where the value is optional and the parse leaves it out;
# the input schema of `.catch()` and of a preprocess that fills in requires a key that the parse does without.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
npm init --yes > init.log
npm install --no-fund --no-audit --silent zod@4.6.7
cat > main.mjs <<'JS'
import { z } from 'zod';
const record = z.record(z.enum(['p', 'q']), z.int().optional());
const required = (schema, io) => JSON.stringify(z.toJSONSchema(schema, { io }).required ?? []);
console.log('record: parse of {}', JSON.stringify(record.parse({})), 'output requires', required(record, 'output'), 'input requires', required(record, 'input'));
const caught = z.object({ n: z.int().catch(1) });
console.log('catch: parse of {}', JSON.stringify(caught.parse({})), 'input requires', required(caught, 'input'));
const filled = z.object({ n: z.preprocess((value) => value ?? 1, z.int()) });
console.log('preprocess: parse of {}', JSON.stringify(filled.parse({})), 'input requires', required(filled, 'input'));
const defaulted = z.object({ n: z.int().default(1) });
console.log('default: parse of {}', JSON.stringify(defaulted.parse({})), 'input requires', required(defaulted, 'input'));
JS
seen=$(node main.mjs)
echo "$seen"
[ "$seen" = 'record: parse of {} {} output requires ["p","q"] input requires []
catch: parse of {} {"n":1} input requires ["n"]
preprocess: parse of {} {"n":1} input requires ["n"]
default: parse of {} {"n":1} input requires []' ] || { echo 'CHANGED'; exit 1; }
