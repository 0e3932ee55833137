"""Runs Python that tests send, one JSON text a line, with the application of peer.py at hand; answers one JSON text a line."""
import json
import sys
import traceback
from celery import chain, chord, group, signature
from celery.exceptions import TimeoutError as CeleryTimeout
import peer
from peer import app


def call(name, *args, **kwargs):
    return app.signature(name, args=args, kwargs=kwargs)


def outcome(result, timeout=60):
    """What get() gives or raises, as data."""
    try:
        return {'value': result.get(timeout=timeout)}
    except Exception as error:
        kind = type(error)
        return {'raised': kind.__name__, 'module': kind.__module__, 'args': [str(a) for a in error.args]}


names = {**globals()}
for line in sys.stdin:
    request = json.loads(line)
    try:
        scope = dict(names)
        exec(request['code'], scope)
        print(json.dumps({'id': request['id'], 'value': scope.get('answer')}), flush=True)
    except BaseException:
        print(json.dumps({'id': request['id'], 'error': traceback.format_exc()}), flush=True)
