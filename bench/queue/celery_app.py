"""Celery beside: `celery_app.py SCENARIO COUNT`, with the broker in CELERY_URL. The worker is started by the benchmark."""
import json, os, sys, time
from celery import Celery
import redis

url = os.environ["CELERY_URL"]
app = Celery("celery_app", broker=url, backend=url)
app.conf.update(worker_prefetch_multiplier=64, worker_send_task_events=False, task_acks_late="LATE" in os.environ)


@app.task
def noop():
    return time.time() * 1000


if __name__ == "__main__":
    scenario, count = sys.argv[1], int(sys.argv[2])
    if scenario == "start":
        waits = []
        for _ in range(count):
            enqueued = time.time() * 1000
            waits.append(noop.delay().get(timeout=30) - enqueued)
            time.sleep(0.005)
        print(json.dumps({"waits": waits}))
    else:
        store = redis.Redis.from_url(url)
        before = store.dbsize()
        start = time.perf_counter()
        results = [noop.delay() for _ in range(count)]
        if scenario == "end-to-end":
            while store.dbsize() < before + count:
                time.sleep(0.02)
        print(json.dumps({"perSecond": count / (time.perf_counter() - start)}))
