#!/usr/bin/env bash
# kysely 0.29.9 over node:sqlite of Node 26.10.0. ParseJSONResultsPlugin is what Kysely's documentation offers for SQLite's JSON columns.
# Seen: it looks at values and not at columns, so a text that happens to be JSON comes back as an array or object.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
npm init --yes > init.log; npm pkg set allowScripts.node=true --json
npm install --no-fund --no-audit --silent node@26.10.0 kysely@0.29.9 > install.log 2>&1
cat > main.mjs <<'JS'
import { DatabaseSync } from 'node:sqlite';
import { Kysely, ParseJSONResultsPlugin, SqliteDialect } from 'kysely';
const sqlite = new DatabaseSync(':memory:');
sqlite.exec('create table notes (id integer primary key, body text not null)');
const database = {
  close: () => sqlite.close(),
  prepare: (text) => {
    const statement = sqlite.prepare(text);
    return { reader: text.startsWith('select'), all: (values) => statement.all(...values), run: (values) => statement.run(...values) };
  },
};
const db = new Kysely({ dialect: new SqliteDialect({ database }), plugins: [new ParseJSONResultsPlugin()] });
await db.insertInto('notes').values(['[1] see below', '[1]', '{"a": 1}'].map((body) => ({ body }))).execute();
for (const { body } of await db.selectFrom('notes').select('body').orderBy('id').execute()) console.log(typeof body, JSON.stringify(body));
JS
seen=$(node_modules/.bin/node main.mjs)
echo "$seen"
[ "$seen" = 'string "[1] see below"
object [1]
object {"a":1}' ] || { echo 'CHANGED'; exit 1; }
