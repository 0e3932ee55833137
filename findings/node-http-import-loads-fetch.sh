#!/usr/bin/env bash
# Node 26.10.0 (from npm's package node).
# Seen: `import 'node:http'` in a module makes Node load the whole of its fetch (undici), which require('node:http'), process.getBuiltinModule('node:http') and an
# import of 'node:https' do not. For an import, Node reads every export once, and `WebSocket` and two others of node:http are getters that load it. That is
# ten and more milliseconds of each start of a program that never fetches.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
npm init -y > /dev/null && npm install --silent --no-audit --no-fund node@26.10.0
tell="console.log(process.moduleLoadList.some((name) => name.includes('deps/undici/undici')))"
loads() { echo "$1: $(./node_modules/.bin/node --input-type="$2" --eval "$3; $tell")"; }
seen=$(
  loads "import of node:http" module "import { createServer } from 'node:http'"
  loads "import() of node:http" module "await import('node:http')"
  loads "require of node:http" commonjs "require('node:http')"
  loads "getBuiltinModule of node:http" module "process.getBuiltinModule('node:http')"
  loads "import of node:https" module "import { createServer } from 'node:https'"
)
echo "$seen"
[ "$seen" = 'import of node:http: true
import() of node:http: true
require of node:http: false
getBuiltinModule of node:http: false
import of node:https: false' ]
