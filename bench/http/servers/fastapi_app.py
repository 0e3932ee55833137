# For whichever FastAPI the machine's Python has (Debian 12: 0.92 with Pydantic 1).
import asyncio
from typing import List, Optional

from fastapi import FastAPI, Query
from pydantic import BaseModel, Field

app = FastAPI()


class FoundItem(BaseModel):
    item_id: int
    name: str
    q: Optional[str]
    limit: int


class NewItem(BaseModel):
    name: str = Field(min_length=1, max_length=100)
    price: float = Field(gt=0)
    tags: List[str]


@app.get("/items/{item_id}", response_model=FoundItem)
async def get_item(
    item_id: int, q: Optional[str] = Query(None, max_length=50), limit: int = Query(10, ge=1, le=100)
):
    return {"item_id": item_id, "name": "Cortado", "q": q, "limit": limit, "owner_email": "barista@example.com"}


@app.post("/items")
async def create_item(item: NewItem):
    return {"item_id": 1, "name": item.name, "price": item.price, "tags": item.tags}


@app.get("/wait")
async def wait():
    await asyncio.sleep(1)
    return {"waited": 1000}
