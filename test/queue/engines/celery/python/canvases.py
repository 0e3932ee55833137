"""Canvases as tests write them: each task of one is served in the language that a pattern of `p` and `t` says, in turn."""
from itertools import cycle
from celery import chain, chord, group
from peer import app


def canvas(text, pattern):
    """The canvas that `text` says, its tasks being add, total, fail, flaky and same."""
    languages = cycle(pattern)

    def maker(name):
        def make(*args, immutable=False, **kwargs):
            language, queue = {'p': ('py', 'python'), 't': ('ts', 'celery')}[next(languages)]
            return app.signature(f'{language}.{name}', args=args, kwargs=kwargs, immutable=immutable).set(queue=queue)
        return make

    names = {name: maker(name) for name in ('add', 'total', 'fail', 'flaky', 'same')}
    return eval(text, {'chain': chain, 'chord': chord, 'group': group, **names})
