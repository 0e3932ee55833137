#!/usr/bin/env bash
# Node 26.10.0, node:sqlite. `StatementSync.run()` reports SQLite's last rowid with every statement, also with those that insert nothing,
# and throws where it is no safe integer. SQLite keeps the last rowid for the life of a connection, so one insert with a large key makes
# every later UPDATE and DELETE on that connection throw, although it was carried out.
# Seen: insert and update throw ERR_OUT_OF_RANGE; both rows are changed. `setReadBigInts(true)` on each statement is the way out.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
npm init --yes > init.log; npm pkg set allowScripts.node=true --json
npm install --no-fund --no-audit --silent node@26.10.0 > install.log 2>&1
cat > main.mjs <<'JS'
import { DatabaseSync } from 'node:sqlite';
const db = new DatabaseSync(':memory:');
db.exec('create table large (id integer primary key); create table other (n); insert into other values (1)');
const outcome = (statement, ...values) => {
  try { return JSON.stringify(statement.run(...values)); } catch (error) { return error.code; }
};
console.log('insert', outcome(db.prepare('insert into large values (?)'), 2n ** 53n + 1n));
console.log('rows', db.prepare('select count(*) as n from large').get().n);
console.log('update of another table', outcome(db.prepare('update other set n = 2')));
console.log('its value', db.prepare('select n from other').get().n);
const wide = db.prepare('update other set n = 3');
wide.setReadBigInts(true);
console.log('with big integers', wide.run().changes);
JS
seen=$(node_modules/.bin/node main.mjs)
echo "$seen"
[ "$seen" = 'insert ERR_OUT_OF_RANGE
rows 1
update of another table ERR_OUT_OF_RANGE
its value 2
with big integers 1n' ] || { echo 'CHANGED'; exit 1; }
