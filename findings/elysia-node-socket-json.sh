#!/usr/bin/env bash
# elysia 1.4.30 with @elysiajs/node 1.4.5 (crossws 0.4.17), on Node.
# Seen: a web socket whose body has an object schema is told "expected object" for each JSON message that fits, since the adapter hands the schema the
# text; with a `parse` that does nothing the same message is read as JSON and taken.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
npm init -y > /dev/null && npm pkg set type=module > /dev/null
npm install --silent --no-audit --no-fund elysia@1.4.30 @elysiajs/node@1.4.5 crossws@0.4.17 ws@8.23.0
cat > main.mjs <<'JS'
import { once } from 'node:events';
import { createServer } from 'node:net';
import { node } from '@elysiajs/node';
import { Elysia, t } from 'elysia';
import WebSocket from 'ws';
const body = t.Object({ text: t.String() });
const message = (ws, said) => ws.send({ taken: said });
const app = new Elysia({ adapter: node() })
  .ws('/plain', { body, message })
  .ws('/parse', { body, message, parse: () => undefined });
const probe = createServer().listen(0, '127.0.0.1');
await once(probe, 'listening');
const { port } = probe.address();
await new Promise((resolve) => probe.close(resolve));
app.get('/', () => 'up').listen({ port, hostname: '127.0.0.1' });
for (let tries = 0; tries < 50 && !(await fetch(`http://127.0.0.1:${port}/`).catch(() => undefined)); tries++)
  await new Promise((resolve) => setTimeout(resolve, 100));
for (const path of ['/plain', '/parse']) {
  const ws = new WebSocket(`ws://127.0.0.1:${port}${path}`);
  const answer = await new Promise((resolve, reject) => {
    ws.on('open', () => ws.send(JSON.stringify({ text: 'hello' })));
    ws.on('message', (data) => resolve(JSON.parse(String(data))));
    ws.on('error', reject);
    setTimeout(() => reject(new Error('no answer')), 5000).unref();
  });
  console.log(path, answer.taken === undefined ? answer.type : JSON.stringify(answer.taken));
  ws.terminate();
}
process.exit();
JS
seen=$(node main.mjs)
echo "$seen"
[ "$seen" = '/plain validation
/parse {"text":"hello"}' ] || { echo 'CHANGED'; exit 1; }
