#!/usr/bin/env bash
# @fastify/send 4.2.1 (beneath @fastify/static 10.1), send 1.2.1 (beneath Express), Node's own server.
# Seen: to a HEAD with a Range header, which RFC 9110 (14.2) defines for GET alone and asks servers to ignore elsewhere, @fastify/send answers 206 with
# the length of the part, and send as well; a GET with several ranges is answered by both with a 200 and the whole file.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
npm init -y > /dev/null && npm install --silent --no-audit --no-fund @fastify/send@4.2.1 send@1.2.1
printf '0123456789' > digits.txt
cat > main.mjs <<'JS'
import { createServer, request } from 'node:http';
import fastifySend from '@fastify/send';
import send from 'send';
const root = process.cwd();
const ways = {
  '@fastify/send': async (incoming, response) => {
    const { statusCode, headers, stream } = await fastifySend(incoming, '/digits.txt', { root });
    response.writeHead(statusCode, headers);
    stream.pipe(response);
  },
  send: (incoming, response) => send(incoming, '/digits.txt', { root }).pipe(response),
};
const ask = (port, method, range) =>
  new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, method, headers: { range } }, (response) => {
      response.resume().on('end', () => resolve(`${response.statusCode}, ${response.headers['content-length']} bytes`));
    });
    sent.on('error', reject).end();
  });
for (const [name, serve] of Object.entries(ways)) {
  const server = createServer(serve);
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  for (const [method, range] of [['GET', 'bytes=0-3'], ['HEAD', 'bytes=0-3'], ['GET', 'bytes=0-1,4-5']])
    console.log(`${name}: ${method} ${range} is ${await ask(port, method, range)}`);
  server.close();
  server.closeAllConnections();
}
JS
seen=$(node main.mjs)
echo "$seen"
[ "$seen" = '@fastify/send: GET bytes=0-3 is 206, 4 bytes
@fastify/send: HEAD bytes=0-3 is 206, 4 bytes
@fastify/send: GET bytes=0-1,4-5 is 200, 10 bytes
send: GET bytes=0-3 is 206, 4 bytes
send: HEAD bytes=0-3 is 206, 4 bytes
send: GET bytes=0-1,4-5 is 200, 10 bytes' ] || { echo 'CHANGED'; exit 1; }
