"""A live FastAPI service, as it runs before a team moves from it: answers at once, answers that take a while, streams, and web sockets."""
import asyncio

from fastapi import FastAPI, Request, WebSocket
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

app = FastAPI()


class Item(BaseModel):
    name: str


@app.get('/fast')
async def fast():
    return {'by': 'fastapi'}


@app.get('/slow')
async def slow():
    await asyncio.sleep(0.03)
    return {'by': 'fastapi'}


@app.post('/items/', status_code=201)
async def create(item: Item):
    return item


@app.get('/seen')
async def seen(request: Request):
    return {'client': request.client.host, 'scheme': request.url.scheme, 'headers': dict(request.headers)}


@app.get('/stream')
async def stream():
    async def lines():
        for number in range(20):
            await asyncio.sleep(0.002)
            yield f'{number}\n'

    return StreamingResponse(lines(), media_type='text/plain')


@app.websocket('/echo')
async def echo(websocket: WebSocket):
    await websocket.accept()
    async for text in websocket.iter_text():
        await websocket.send_text(text)
