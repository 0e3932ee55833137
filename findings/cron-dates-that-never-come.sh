#!/usr/bin/env bash
# croner 11.0.1, cron-parser 5.10.3 (beneath BullMQ), croniter 6.0.0: '0 0 31 4 *', midnight of April 31st, a pattern of the right form.
# Seen: croner takes it and has no next run (null); cron-parser refuses it as it is read; croniter takes it, and raises when it is asked.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
npm init --yes > init.log
npm install --no-fund --no-audit --silent croner@11.0.1 cron-parser@5.10.3
python3 -m venv venv && venv/bin/pip install --quiet --disable-pip-version-check croniter==6.0.0
cat > main.mjs <<'JS'
import { CronExpressionParser } from 'cron-parser';
import { Cron } from 'croner';
console.log('croner', new Cron('0 0 31 4 *', { paused: true }).nextRun());
try {
  CronExpressionParser.parse('0 0 31 4 *');
  console.log('cron-parser takes it');
} catch (error) {
  console.log('cron-parser', error.message);
}
JS
cat > main.py <<'PY'
import datetime
from croniter import CroniterBadDateError, croniter
print('croniter', croniter.is_valid('0 0 31 4 *'))
try:
    croniter('0 0 31 4 *', datetime.datetime(2026, 1, 1)).get_next()
except CroniterBadDateError as error:
    print(type(error).__name__)
PY
seen=$(node main.mjs; venv/bin/python main.py)
echo "$seen"
[ "$seen" = 'croner null
cron-parser Invalid explicit day of month definition
croniter True
CroniterBadDateError' ] || { echo 'CHANGED'; exit 1; }
