#!/usr/bin/env bash
# kombu 5.6.2. With a quorum queue in the app, Celery 5.5 and later delays tasks by native delayed delivery: a routing key of binary digits
# of the countdown in whole seconds.
# Seen: a whole second is taken; a second and a half raises ValueError from a format, half a second is refused as not positive. Countdowns that
# are no whole numbers are valid anywhere else in Celery.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv venv && venv/bin/pip install --quiet --disable-pip-version-check kombu==5.6.2
cat > main.py <<'PY'
from kombu.transport.native_delayed_delivery import calculate_routing_key
for countdown in (1, 1.5, 0.5):
    try:
        key = calculate_routing_key(countdown, 'mail')
        print(countdown, key.count('.'), key.rsplit('.', 2)[1:])
    except ValueError as error:
        print(countdown, error)
PY
seen=$(venv/bin/python main.py)
echo "$seen"
[ "$seen" = "1 28 ['1', 'mail']
1.5 Unknown format code 'b' for object of type 'float'
0.5 countdown must be a positive number" ] || { echo 'CHANGED'; exit 1; }
