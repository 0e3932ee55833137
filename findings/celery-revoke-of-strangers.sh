#!/usr/bin/env bash
# celery 5.6.3, in one process over its memory broker and cache backend.
# Seen: a worker that hears a revoke stores REVOKED at once for any id, also one that no task ever had. A state of REVOKED is no proof that
# there was a task, nor that it did not run.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv venv && venv/bin/pip install --quiet --disable-pip-version-check celery==5.6.3 kombu==5.6.2
cat > main.py <<'PY'
import time
from celery import Celery
from celery.contrib.testing.worker import start_worker
app = Celery('finding', broker='memory://', backend='cache+memory://')
app.conf.worker_hijack_root_logger = False
with start_worker(app, perform_ping_check=False, pool='threads', loglevel='ERROR'):
    stranger = app.AsyncResult('never-sent')
    print(stranger.state)
    app.control.revoke('never-sent')
    for _ in range(100):
        if stranger.state != 'PENDING':
            break
        time.sleep(0.1)
    print(stranger.state)
PY
seen=$(timeout 60 venv/bin/python main.py 2> errors.log)
echo "$seen"
[ "$seen" = 'PENDING
REVOKED' ] || { echo 'CHANGED'; exit 1; }
