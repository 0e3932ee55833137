"""The Python side of the tests: a Celery application with tasks that TypeScript calls."""
import os
import time
from datetime import datetime, timezone
from celery import Celery

app = Celery('peer', broker=os.environ['BROKER'], backend=os.environ['BACKEND'])
app.conf.update(
    task_acks_late=True,
    broker_connection_retry_on_startup=True,
    worker_prefetch_multiplier=1,
    task_default_queue=os.environ.get('QUEUE', 'celery'),
    broker_transport_options={'visibility_timeout': int(os.environ.get('VISIBILITY', '3600'))},
)
if os.environ.get('RESULT_SERIALIZER'):
    app.conf.result_serializer = os.environ['RESULT_SERIALIZER']
    app.conf.result_accept_content = ['json', 'pickle', 'yaml', 'msgpack']
    app.conf.task_track_started = True
if os.environ.get('MAX_PRIORITY'):
    app.conf.task_queue_max_priority = int(os.environ['MAX_PRIORITY'])


class Burnt(Exception):
    """An exception of the application's own."""


@app.task(name='py.add')
def add(x, y):
    return x + y


@app.task(name='py.echo')
def echo(value=None):
    return value


@app.task(name='py.same')
def same(value):
    return value


@app.task(name='py.replace', bind=True)
def replace(self, x, y):
    return self.replace(app.signature('ts.add', args=(x, y)).set(queue='celery'))


@app.task(name='py.stamps', bind=True)
def stamps(self, *args):
    return self.request.stamps


@app.task(name='py.inspect')
def inspect_value(value):
    return repr(value)


@app.task(name='py.total')
def total(numbers):
    return sum(numbers)


@app.task(name='py.big')
def big():
    return {'int': 2**53 + 1, 'nan': float('nan'), 'inf': float('-inf'), 'text': 'naïve ☕ 𝕏'}


@app.task(name='py.spread', bind=True)
def spread(self, numbers):
    """Replaces itself by a group, whose results `celery.accumulate` puts together on the default queue."""
    from celery import group
    raise self.replace(group(add.s(n, n).set(queue='python') for n in numbers))


@app.task(name='py.deep')
def deep(levels):
    value = []
    for _ in range(levels):
        value = [value]
    return value


@app.task(name='py.fail')
def fail(message):
    raise ValueError(message)


@app.task(name='py.burn')
def burn():
    raise Burnt('too hot', 93)


@app.task(name='py.flaky', bind=True, max_retries=5, default_retry_delay=0.2)
def flaky(self, times):
    if self.request.retries < times:
        raise self.retry(countdown=0.2)
    return self.request.retries


@app.task(name='py.when')
def when():
    return datetime.now(timezone.utc).timestamp()


@app.task(name='py.sleep')
def sleep(seconds):
    time.sleep(seconds)
    return 'slept'


@app.task(name='py.note')
def note(*args):
    from redis import Redis
    Redis.from_url(os.environ['BACKEND']).rpush('notes', repr(args))


@app.task(name='shared.relay', bind=True, max_retries=20)
def relay(self, path=None):
    """Served in both languages: each run adds its language, and only the seventh one succeeds."""
    time.sleep(0.1)
    if self.request.retries < 6:
        raise self.retry(countdown=0.1)
    return 'python'
