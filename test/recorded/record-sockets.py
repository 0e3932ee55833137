"""Records sockets.json: what clients see of the three socket applications of FastAPI's documentation (advanced/websockets).

In an environment with fastapi 0.142.2, uvicorn and websockets: python record-sockets.py > sockets.json
"""

import asyncio
import base64
import json
import sys
from importlib.metadata import version
from typing import Annotated, Optional
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import uvicorn
from fastapi import Cookie, Depends, FastAPI, Query, WebSocket, WebSocketDisconnect, WebSocketException
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

LONGEST_WAIT = 5


def echo() -> FastAPI:
    app = FastAPI()

    @app.websocket("/ws")
    async def talk(websocket: WebSocket):
        await websocket.accept()
        while True:
            text = await websocket.receive_text()
            await websocket.send_text(f"Message text was: {text}")

    return app


def items() -> FastAPI:
    app = FastAPI()

    async def cookie_or_token(
        websocket: WebSocket,
        session: Annotated[Optional[str], Cookie()] = None,
        token: Annotated[Optional[str], Query()] = None,
    ):
        if session is None and token is None:
            raise WebSocketException(code=1008)
        return session or token

    @app.websocket("/items/{item_id}/ws")
    async def talk(
        *, websocket: WebSocket, item_id: str, q: Optional[int] = None, who: Annotated[str, Depends(cookie_or_token)]
    ):
        await websocket.accept()
        while True:
            text = await websocket.receive_text()
            await websocket.send_text(f"Session cookie or query token value is: {who}")
            if q is not None:
                await websocket.send_text(f"Query parameter q is: {q}")
            await websocket.send_text(f"Message text was: {text}, for item ID: {item_id}")

    return app


def chat() -> FastAPI:
    app = FastAPI()
    present: list[WebSocket] = []

    async def tell_all(text: str):
        for one in present:
            await one.send_text(text)

    @app.websocket("/ws/{client_id}")
    async def talk(websocket: WebSocket, client_id: int):
        await websocket.accept()
        present.append(websocket)
        try:
            while True:
                text = await websocket.receive_text()
                await websocket.send_text(f"You wrote: {text}")
                await tell_all(f"Client #{client_id} says: {text}")
        except WebSocketDisconnect:
            present.remove(websocket)
            await tell_all(f"Client #{client_id} left the chat")

    return app


APPLICATIONS = {"tutorial001": echo, "tutorial002": items, "tutorial003": chat}

# Each step is something that a client does, `a` and `b` are clients: what it sees is written beside it.
OPEN, SEND, BYTES, HEAR, CLOSE, GET = "open", "send", "bytes", "hear", "close", "get"


def opened(path: str, who: str = "a", **more) -> dict:
    return {"do": OPEN, "who": who, "path": path, **more}


def said(text: str, *, answers: int = 1, who: str = "a") -> list[dict]:
    return [{"do": SEND, "who": who, "text": text}, *heard(answers, who)]


def heard(times: int = 1, who: str = "a") -> list[dict]:
    return [{"do": HEAR, "who": who}] * times


def binary(data: bytes, who: str = "a") -> list[dict]:
    return [{"do": BYTES, "who": who, "base64": base64.b64encode(data).decode()}, *heard(1, who)]


def closed(who: str = "a", code: int = 1000, reason: str = "") -> dict:
    return {"do": CLOSE, "who": who, "code": code, "reason": reason}


def get(path: str) -> dict:
    return {"do": GET, "path": path}


COOKIE = {"cookie": "session=fakesession"}
CASES = {
    "tutorial001": {
        "one message": [opened("/ws"), *said("Hello"), closed()],
        "messages one after another": [opened("/ws"), *said("one"), *said("two"), *said("three"), closed()],
        "an empty text": [opened("/ws"), *said(""), closed()],
        "text beyond ASCII": [opened("/ws"), *said("grüße, 咖啡 ☕"), closed()],
        "text of 2,000 characters": [opened("/ws"), *said("x" * 2_000), closed()],
        "sent ahead": [opened("/ws"), *said("one", answers=0), *said("two", answers=0), *heard(2), closed()],
        "a binary message": [opened("/ws"), *binary(b"Hello")],
        "a binary message after a text": [opened("/ws"), *said("Hello"), *binary(b"\x00\xff")],
        "two clients": [opened("/ws"), opened("/ws", "b"), *said("of a"), *said("of b", who="b"), closed(), closed("b")],
        "a close with code and reason": [opened("/ws"), closed(code=4000, reason="enough")],
        "a close with 1001": [opened("/ws"), *said("Hello"), closed(code=1001)],
        "a query that nobody reads": [opened("/ws?x=1"), *said("Hello"), closed()],
        "a subprotocol that nobody speaks": [opened("/ws", subprotocols=["chat.v1"]), *said("Hello"), closed()],
        "an unknown path": [opened("/nowhere")],
        "a slash too many": [opened("/ws/")],
        "another case": [opened("/WS")],
        "a GET without an upgrade": [get("/ws")],
        "a GET of an unknown path": [get("/nowhere")],
    },
    "tutorial002": {
        "a token": [opened("/items/foo/ws?token=some-token"), *said("Hello", answers=2), closed()],
        "a cookie": [opened("/items/foo/ws", headers=COOKIE), *said("Hello", answers=2), closed()],
        "a cookie and a token": [opened("/items/foo/ws?token=t", headers=COOKIE), *said("Hello", answers=2), closed()],
        "two messages": [opened("/items/foo/ws?token=t"), *said("one", answers=2), *said("two", answers=2), closed()],
        "q": [opened("/items/foo/ws?token=t&q=3"), *said("Hello", answers=3), closed()],
        "q, negative": [opened("/items/foo/ws?token=t&q=-3"), *said("Hello", answers=3), closed()],
        "another item": [opened("/items/bar%20baz/ws?token=t"), *said("Hello", answers=2), closed()],
        "an empty token": [opened("/items/foo/ws?token="), *said("Hello", answers=2), closed()],
        "two tokens": [opened("/items/foo/ws?token=one&token=two"), *said("Hello", answers=2), closed()],
        "no credential": [opened("/items/foo/ws")],
        "another cookie": [opened("/items/foo/ws", headers={"cookie": "other=1"})],
        "q without a credential": [opened("/items/foo/ws?q=3")],
        "q that is no number": [opened("/items/foo/ws?token=t&q=three")],
        "q with a fraction": [opened("/items/foo/ws?token=t&q=1.5")],
        "an empty q": [opened("/items/foo/ws?token=t&q=")],
        "q that is no number, no credential": [opened("/items/foo/ws?q=three")],
        "no item": [opened("/items//ws?token=t")],
        "a deeper path": [opened("/items/foo/bar/ws?token=t")],
        "a binary message": [opened("/items/foo/ws?token=t"), *binary(b"Hello")],
        "a GET without an upgrade": [get("/items/foo/ws?token=t")],
        "a GET without an upgrade, no credential": [get("/items/foo/ws")],
    },
    "tutorial003": {
        "alone": [opened("/ws/1"), *said("Hello", answers=2), closed()],
        "two clients": [
            opened("/ws/1"),
            opened("/ws/2", "b"),
            *said("Hello", answers=2),
            *heard(1, "b"),
            *said("Hello too", answers=2, who="b"),
            *heard(1),
            closed("b"),
            *heard(1),
            closed(),
        ],
        "the first leaves": [
            opened("/ws/1"),
            opened("/ws/2", "b"),
            closed(),
            *heard(1, "b"),
            *said("alone", answers=2, who="b"),
            closed("b"),
        ],
        "one number twice": [
            opened("/ws/7"),
            opened("/ws/7", "b"),
            *said("Hello", answers=2),
            *heard(1, "b"),
            closed(code=4000, reason="enough"),
            *heard(1, "b"),
            closed("b"),
        ],
        "a negative number": [opened("/ws/-1"), *said("Hello", answers=2), closed()],
        "a name": [opened("/ws/foo")],
        "a fraction": [opened("/ws/1.5")],
        "no number": [opened("/ws/")],
        "a GET without an upgrade": [get("/ws/1")],
    },
}


class Clients:
    def __init__(self, port: int):
        self.port = port
        self.open = {}

    async def do(self, step: dict) -> dict:
        kind, who = step["do"], step.get("who", "a")
        if kind == GET:
            return await asyncio.to_thread(self.ask, step["path"])
        if kind == OPEN:
            return await self.connect(who, step)
        socket = self.open[who]
        if kind == SEND:
            await socket.send(step["text"])
            return {}
        if kind == BYTES:
            await socket.send(base64.b64decode(step["base64"]))
            return {}
        if kind == HEAR:
            return await self.hear(socket)
        await socket.close(step["code"], step["reason"])
        return ended(socket)

    def ask(self, path: str) -> dict:
        try:
            with urlopen(Request(f"http://127.0.0.1:{self.port}{path}")) as response:
                return {"status": response.status, "body": json.loads(response.read())}
        except HTTPError as refused:
            return {"status": refused.code, "body": json.loads(refused.read())}

    async def connect(self, who: str, step: dict) -> dict:
        url = f"ws://127.0.0.1:{self.port}{step['path']}"
        try:
            self.open[who] = await connect(
                url, additional_headers=step.get("headers"), subprotocols=step.get("subprotocols"), compression=None
            )
        except InvalidStatus as refused:
            return {"status": refused.response.status_code, "body": refused.response.body.decode()}
        return {"status": 101, "subprotocol": self.open[who].subprotocol}

    async def hear(self, socket) -> dict:
        try:
            message = await asyncio.wait_for(socket.recv(), LONGEST_WAIT)
        except ConnectionClosed:
            return ended(socket)
        return {"text": message} if isinstance(message, str) else {"base64": base64.b64encode(message).decode()}


def ended(socket) -> dict:
    return {"code": socket.close_code, "reason": socket.close_reason}


async def record(make) -> dict:
    server = uvicorn.Server(uvicorn.Config(make(), port=0, log_level="critical"))
    running = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    found = {}
    for name, steps in CASES[next(key for key, value in APPLICATIONS.items() if value is make)].items():
        clients = Clients(port)
        found[name] = [{**step, "saw": await clients.do(step)} for step in steps]
        # What the server does about a client that left is over before the next case.
        await asyncio.sleep(0.05)
    server.should_exit = True
    await running
    return found


async def main() -> None:
    cases = {name: await record(make) for name, make in APPLICATIONS.items()}
    versions = {name: version(name) for name in ("fastapi", "uvicorn", "websockets")}
    json.dump({"versions": versions, "cases": cases}, sys.stdout, ensure_ascii=False, indent=2)
    sys.stdout.write("\n")


asyncio.run(main())
