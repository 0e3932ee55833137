"""Talks to a socket of Cortado as Python's websockets does, and prints what it saw, one line of JSON a step."""

import asyncio
import json
import sys

import websockets

address = sys.argv[1]


def tell(*values):
    print(json.dumps(values), flush=True)


async def main():
    async with websockets.connect(f"{address}/rooms/kitchen?n=2", subprotocols=["v1", "x"]) as socket:
        tell("subprotocol", socket.subprotocol)
        await socket.send(json.dumps({"type": "say", "text": "hällo"}))
        tell("reply", json.loads(await socket.recv()))
        await socket.send(json.dumps({"type": "nonsense"}))
        tell("invalid", json.loads(await socket.recv())["detail"][0]["type"])
        # In fragments, as an iterable is sent.
        await socket.send(['{"type":"say",', '"text":"', 'parts"}'])
        tell("fragments", json.loads(await socket.recv()))
        pong = await socket.ping()
        tell("pong", (await pong) >= 0)
        await socket.send(json.dumps({"type": "leave"}))
        try:
            await socket.recv()
        except websockets.ConnectionClosed as closed:
            tell("closed", closed.rcvd.code, closed.rcvd.reason)
    try:
        async with websockets.connect(f"{address}/rooms/kitchen?n=x"):
            pass
    except websockets.InvalidStatus as refused:
        tell("refused", refused.response.status_code, json.loads(refused.response.body)["detail"][0]["loc"])
    async with websockets.connect(f"{address}/rooms/kitchen?n=1", subprotocols=["v1"]) as socket:
        await socket.send(b"bytes")
        try:
            await socket.recv()
        except websockets.ConnectionClosed as closed:
            tell("binary", closed.rcvd.code)
    async with websockets.connect(f"{address}/rooms/kitchen?n=1", compression="deflate") as socket:
        await socket.send(json.dumps({"type": "say", "text": "x" * 2_000_000}))
        try:
            await socket.recv()
        except websockets.ConnectionClosed as closed:
            tell("too large", closed.rcvd.code)


asyncio.run(main())
