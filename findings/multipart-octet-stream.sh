#!/usr/bin/env bash
# @fastify/busboy 3.2.6, busboy 1.6.0, formidable 3.5.4, undici 7.30.2, python-multipart 0.0.34 (the parser of FastAPI).
# One part of a form, content-type application/octet-stream, no file name: valid, and what some HTTP clients send for bytes of a text field.
# Seen: a file to the first three, whose name is then undefined or made up; a text to the last two.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
npm init --yes > init.log
npm install --no-fund --no-audit --silent @fastify/busboy@3.2.6 busboy@1.6.0 formidable@3.5.4 undici@7.30.2
python3 -m venv venv && venv/bin/pip install --quiet --disable-pip-version-check python-multipart==0.0.34
cat > main.mjs <<'JS'
import { Readable } from 'node:stream';
import fastifyBusboy from '@fastify/busboy';
import busboy from 'busboy';
import formidable from 'formidable';
import { Response } from 'undici';
const headers = { 'content-type': 'multipart/form-data; boundary=XX' };
const body = '--XX\r\ncontent-disposition: form-data; name="a"\r\ncontent-type: application/octet-stream\r\n\r\nhello\r\n--XX--\r\n';
const told = (parser) =>
  new Promise((resolve) => {
    parser.on('file', (_name, stream) => { stream.resume(); resolve('file'); }).on('field', () => resolve('text'));
    parser.end(body);
  });
console.log('@fastify/busboy', await told(fastifyBusboy({ headers })));
console.log('busboy', await told(busboy({ headers })));
const request = Object.assign(Readable.from([Buffer.from(body)]), { headers: { ...headers, 'content-length': String(body.length) } });
const [, files] = await formidable({ uploadDir: '.' }).parse(request);
console.log('formidable', 'a' in files ? 'file' : 'text');
console.log('undici', typeof (await new Response(body, { headers }).formData()).get('a') === 'string' ? 'text' : 'file');
JS
cat > main.py <<'PY'
import io
from python_multipart.multipart import parse_form
body = b'--XX\r\ncontent-disposition: form-data; name="a"\r\ncontent-type: application/octet-stream\r\n\r\nhello\r\n--XX--\r\n'
headers = {'Content-Type': b'multipart/form-data; boundary=XX', 'Content-Length': str(len(body))}
parse_form(headers, io.BytesIO(body), lambda field: print('python-multipart text'), lambda file: print('python-multipart file'))
PY
seen=$(node main.mjs; venv/bin/python main.py)
echo "$seen"
[ "$seen" = '@fastify/busboy file
busboy file
formidable file
undici text
python-multipart text' ] || { echo 'CHANGED'; exit 1; }
