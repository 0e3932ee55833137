#!/usr/bin/env bash
# kombu 5.6.2. What Celery sends with `task_compression = 'gzip'` says application/x-gzip.
# Seen: its bytes are of zlib (RFC 1950, 78 9c), not of gzip (RFC 1952, 1f 8b); gzip's own reader refuses them.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv venv && venv/bin/pip install --quiet --disable-pip-version-check kombu==5.6.2
cat > main.py <<'PY'
import gzip, zlib
from kombu.compression import compress
body, media = compress(b'one task', 'gzip')
print(media, body[:2].hex())
try:
    gzip.decompress(body)
except gzip.BadGzipFile as error:
    print(type(error).__name__)
print(zlib.decompress(body).decode())
PY
seen=$(venv/bin/python main.py)
echo "$seen"
[ "$seen" = 'application/x-gzip 789c
BadGzipFile
one task' ] || { echo 'CHANGED'; exit 1; }
