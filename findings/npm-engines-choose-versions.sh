#!/usr/bin/env bash
# npm 11.19.1 on Node 20.20.2 and 26.10.0, with pg-boss 10.4.2 (engines: node >=20) and 12.38.0 (node >=22.12.0).
# Seen: npm's documentation calls "engines" advisory, something that only warns. But of the versions that a range allows, `npm install` takes the newest
# that names the running Node, two majors behind the newest here, and says nothing; asked for by its number, the newer one is installed with a warning.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
mkdir tools && (cd tools && npm init -y > /dev/null && npm install --silent --no-audit --no-fund npm@11.19.1 node20@npm:node@20.20.2 node26@npm:node@26.10.0)
installed() { # the Node, what is asked for
  rm -rf app && mkdir app && cd app && echo '{"private":true}' > package.json
  local node="../tools/node_modules/$1/bin/node"
  "$node" ../tools/node_modules/npm/bin/npm-cli.js install --ignore-scripts --no-audit --no-fund "pg-boss@$2" > out 2> err
  local warned=silently
  if grep -q EBADENGINE err; then warned='with a warning'; fi
  echo "$1, pg-boss@$2: $("$node" -p 'require("./node_modules/pg-boss/package.json").version') $warned"
  cd ..
}
seen=$(installed node20 '10.4.2 || 12.38.0'; installed node20 12.38.0; installed node26 '10.4.2 || 12.38.0')
echo "$seen"
[ "$seen" = 'node20, pg-boss@10.4.2 || 12.38.0: 10.4.2 silently
node20, pg-boss@12.38.0: 12.38.0 with a warning
node26, pg-boss@10.4.2 || 12.38.0: 12.38.0 silently' ] || { echo 'CHANGED'; exit 1; }
