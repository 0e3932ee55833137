#!/usr/bin/env bash
# fastify 5.12.8 (find-my-way beneath), hono 4.13.19, express 5.3.0, under Node's --disallow-code-generation-from-strings.
# Seen: no route can be added to Fastify, and so nothing served: its router makes a function of text for each path. Hono and Express serve. A
# service that is hardened with this flag, or by a loader that sets it, has to know which router it uses.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
npm init -y > /dev/null && npm install --silent --no-audit --no-fund fastify@5.12.8 hono@4.13.19 express@5.3.0
cat > main.mjs <<'JS'
import express from 'express';
import fastify from 'fastify';
import { Hono } from 'hono';
const ways = {
  express: async () => {
    const server = express().get('/:id', (request, response) => response.send(request.params.id)).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const text = await (await fetch(`http://127.0.0.1:${server.address().port}/7`)).text();
    server.close();
    return text;
  },
  fastify: async () => {
    const app = fastify();
    app.get('/:id', async (request) => request.params.id);
    return (await app.inject('/7')).body;
  },
  hono: async () => (await new Hono().get('/:id', (context) => context.text(context.req.param('id'))).request('/7')).text(),
};
for (const [name, way] of Object.entries(ways)) console.log(name, await way().catch((error) => error.name));
JS
seen=$(node --disallow-code-generation-from-strings main.mjs)
echo "$seen"
[ "$seen" = 'express 7
fastify EvalError
hono 7' ] || { echo 'CHANGED'; exit 1; }
