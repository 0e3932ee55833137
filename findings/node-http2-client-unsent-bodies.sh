#!/usr/bin/env bash
# Node 26.10.0, node:http2 as a client. A server that answers before it has read a body ends the stream with NO_ERROR, as RFC 9113, 8.1 lets it.
# Seen: what the client could not send of such bodies stays counted against its `maxSessionMemory` (10 MB by default): after ten answers to
# bodies of 1 MB, that session fails every later request, a GET without a body too, with ERR_HTTP2_STREAM_ERROR. With a larger
# `maxSessionMemory` all of them are answered. A new session, or a body that is sent only after the answer's head, is the way out.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
npm init --yes > init.log; npm pkg set allowScripts.node=true --json
npm install --no-fund --no-audit --silent node@26.10.0 > install.log 2>&1
cat > main.mjs <<'JS'
import http2 from 'node:http2';
const server = http2.createServer();
server.on('stream', (stream) => {
  stream.respond({ ':status': 401 });
  stream.end('no');
  stream.once('finish', () => setImmediate(() => stream.close(http2.constants.NGHTTP2_NO_ERROR)));
});
server.listen(0, '127.0.0.1', async () => {
  const url = `http://127.0.0.1:${server.address().port}`;
  const ask = (session, size) => new Promise((resolve) => {
    const stream = session.request({ ':path': '/', ':method': size === 0 ? 'GET' : 'POST' });
    stream.on('response', (headers) => resolve(String(headers[':status']))).on('error', (error) => resolve(error.code)).resume();
    if (size > 0) stream.end(Buffer.alloc(size));
  });
  for (const options of [{}, { maxSessionMemory: 1000 }]) {
    const session = http2.connect(url, options);
    const seen = [];
    for (let count = 0; count < 20; count++) seen.push(await ask(session, 1024 * 1024));
    const kinds = [...new Set(seen)].map((kind) => `${kind} x${seen.filter((one) => one === kind).length}`);
    console.log(JSON.stringify(options), kinds.join(', '), 'then GET', await ask(session, 0));
    session.destroy();
  }
  server.close();
});
JS
seen=$(timeout 60 node_modules/.bin/node main.mjs)
echo "$seen"
[ "$seen" = '{} 401 x10, ERR_HTTP2_STREAM_ERROR x10 then GET ERR_HTTP2_STREAM_ERROR
{"maxSessionMemory":1000} 401 x20 then GET 401' ] || { echo 'CHANGED'; exit 1; }
