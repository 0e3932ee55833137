#!/usr/bin/env bash
# pg-types 4.1.0, the parsers beneath node-postgres. setTypeParser(20, BigInt) is the documented way to read int8 as bigint.
# Seen: it is used for int8 (oid 20) alone; int8[] (oid 1016), and with it array_agg(id), keeps its elements as text.
# A date (1082) is text while an array of timestamps (1115) holds Date objects.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
npm init --yes > init.log
npm install --no-fund --no-audit --silent pg-types@4.1.0
cat > main.mjs <<'JS'
import types from 'pg-types';
types.setTypeParser(20, BigInt);
const shown = (value) => (typeof value === 'bigint' ? `${value}n` : Array.isArray(value) ? `[${value.map(shown)}]` : value instanceof Date ? 'Date' : JSON.stringify(value));
console.log('int8', shown(types.getTypeParser(20)('5')));
console.log('int8[]', shown(types.getTypeParser(1016)('{5}')));
console.log('date', shown(types.getTypeParser(1082)('2026-01-01')));
console.log('timestamp[]', shown(types.getTypeParser(1115)('{"2026-01-01 00:00:00"}')));
JS
seen=$(node main.mjs)
echo "$seen"
[ "$seen" = 'int8 5n
int8[] ["5"]
date "2026-01-01"
timestamp[] [Date]' ] || { echo 'CHANGED'; exit 1; }
