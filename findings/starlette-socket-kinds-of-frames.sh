#!/usr/bin/env bash
# fastapi 0.142.2 with its starlette, uvicorn 0.54.0, websockets 17.4 on both sides.
# Seen: a handler that waits in receive_text() gets a KeyError('text') for a binary message, so one client's other kind of frame ends its handler as an
# unexpected error, and the client sees 1006 where the protocol has 1003 for data that is not taken.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check fastapi==0.142.2 uvicorn==0.54.0 websockets==17.4
cat > main.py <<'PY'
import asyncio
import socket
import uvicorn
import websockets
from fastapi import FastAPI, WebSocket

app = FastAPI()
seen = []

@app.websocket('/ws')
async def echo(websocket: WebSocket):
    await websocket.accept()
    try:
        while True:
            await websocket.send_text(await websocket.receive_text())
    except Exception as error:
        seen.append(repr(error))
        raise

async def main():
    listening = socket.socket()
    listening.bind(('127.0.0.1', 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level='critical'))
    serving = asyncio.create_task(server.serve([listening]))
    while not server.started:
        await asyncio.sleep(0.05)
    port = listening.getsockname()[1]
    async with websockets.connect(f'ws://127.0.0.1:{port}/ws') as client:
        await client.send('text')
        print(await client.recv())
        await client.send(b'bytes')
        try:
            await client.recv()
        except websockets.ConnectionClosed:
            print(client.close_code)
    print(seen[0])
    server.should_exit = True
    await serving

asyncio.run(main())
PY
output=$(timeout 60 venv/bin/python main.py 2> errors.log)
echo "$output"
[ "$output" = "text
1006
KeyError('text')" ] || { cat errors.log; echo 'CHANGED'; exit 1; }
