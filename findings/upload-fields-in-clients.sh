#!/usr/bin/env bash
# openapi-typescript 7.13.0, @hey-api/openapi-ts 0.99.0, orval 8.38.0, on one OpenAPI 3.1 form with three properties that all mean "a file":
#   a: format: binary (OpenAPI 3.0's way), b: contentMediaType: application/octet-stream (3.1's way), c: contentEncoding: binary (in the wild).
# Seen: openapi-typescript types all three as string; the other two type a and b as Blob | File, and c as string.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
npm init --yes > init.log; npm pkg set allowScripts.node=true --json
npm install --no-fund --no-audit --silent node@26.10.0 typescript@5.9.3 openapi-typescript@7.13.0 @hey-api/openapi-ts@0.99.0 orval@8.38.0 > install.log 2>&1
export PATH="$folder/node_modules/.bin:$PATH"
cat > api.json <<'JSON'
{ "openapi": "3.1.0", "info": { "title": "Uploads", "version": "1" },
  "paths": { "/upload": { "post": { "operationId": "upload", "responses": { "204": { "description": "taken" } },
    "requestBody": { "required": true, "content": { "multipart/form-data": { "schema": {
      "type": "object", "required": ["a", "b", "c"], "properties": {
        "a": { "type": "string", "format": "binary" },
        "b": { "type": "string", "contentMediaType": "application/octet-stream" },
        "c": { "type": "string", "contentEncoding": "binary" } } } } } } } } } }
JSON
openapi-typescript api.json --output one.ts > one.log 2>&1
openapi-ts --input api.json --output two --plugins @hey-api/typescript > two.log 2>&1
orval --input api.json --output three.ts > three.log 2>&1
fields() { grep -hoE '^ +[abc]: [A-Za-z| ]+' "$@" | sed -E 's/^ +//' | paste -sd ';'; }
seen="openapi-typescript $(fields one.ts)
hey-api $(fields two/types.gen.ts)
orval $(fields three.ts)"
echo "$seen"
[ "$seen" = 'openapi-typescript a: string;b: string;c: string
hey-api a: Blob | File;b: Blob | File;c: string
orval a: Blob | File;b: Blob | File;c: string' ] || { echo 'CHANGED'; exit 1; }
