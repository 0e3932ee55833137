from typing import Annotated, Literal

from fastapi import FastAPI, WebSocket
from pydantic import BaseModel, Field, ValidationError

app = FastAPI()


class Said(BaseModel):
    type: Literal["said"]
    room: Annotated[str, Field(max_length=20)]
    from_: Annotated[int, Field(alias="from", ge=0)]
    text: Annotated[str, Field(min_length=1, max_length=80)]


@app.websocket("/ws")
async def talk(websocket: WebSocket):
    await websocket.accept()
    async for text in websocket.iter_text():
        try:
            said = Said.model_validate_json(text)
        except ValidationError:
            continue
        await websocket.send_text(said.model_dump_json(by_alias=True))
