"""Makes a virtual environment once: make_environment.py FOLDER REQUIREMENT…; prints what is in it as one JSON text.

Test files that want the same one at once wait for each other; a process that is killed lets go of the lock, and what it left half made is
made anew.
"""
import fcntl
import json
import os
import shutil
import subprocess
import sys
import venv

folder, *requirements = sys.argv[1:]
folder += '-py%d.%d' % sys.version_info[:2]
python = os.path.join(folder, 'bin', 'python')
ready = os.path.join(folder, 'ready.json')
look = """
import json, sys
from importlib.metadata import version
print(json.dumps({'python': sys.argv[1], **{name: version(name) for name in ('celery', 'kombu', 'redis')}}))"""

os.makedirs(os.path.dirname(folder), exist_ok=True)
with open(folder + '.lock', 'w') as lock:
    fcntl.flock(lock, fcntl.LOCK_EX)
    if not os.path.exists(ready):
        shutil.rmtree(folder, ignore_errors=True)
        venv.create(folder, symlinks=True, with_pip=True)
        pip = [python, '-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', *requirements]
        subprocess.run(pip, check=True, stdout=sys.stderr)
        found = subprocess.run([python, '-c', look, python], check=True, stdout=subprocess.PIPE).stdout
        with open(ready + '.new', 'wb') as file:
            file.write(found)
        os.rename(ready + '.new', ready)
    with open(ready) as file:
        print(json.dumps(json.load(file)))
