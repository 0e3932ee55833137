# For FastAPI with Pydantic 2; Debian 12 packages one with Pydantic 1.
from typing import List, Literal, Optional

from fastapi import FastAPI
from pydantic import BaseModel, Field

app = FastAPI()


class Line(BaseModel):
    sku: str = Field(min_length=1, max_length=40)
    name: str = Field(min_length=1, max_length=100)
    quantity: int = Field(ge=1, le=999)
    unit_price: float = Field(ge=0)
    currency: Literal["EUR", "USD", "GBP"]
    discount: float = Field(ge=0, le=1)
    is_gift: bool
    note: Optional[str] = Field(..., max_length=200)


class Customer(BaseModel):
    id: int
    name: str = Field(min_length=1, max_length=100)


class Order(BaseModel):
    reference: str = Field(min_length=1, max_length=40)
    customer: Customer
    lines: List[Line] = Field(min_length=1, max_length=200)


class Row(BaseModel):
    id: int
    name: str
    email: str
    role: Literal["admin", "guest"]
    is_active: bool
    score: float
    created_at: str
    tags: List[str]


STORED = [
    {
        "id": n + 1,
        "name": f"Customer number {n}",
        "email": f"customer{n}@example.com",
        "role": "admin" if n % 10 == 0 else "guest",
        "is_active": n % 3 != 0,
        "score": n + 0.5,
        "created_at": "2026-11-30T08:00:00Z",
        "tags": ["espresso", "filter"],
        "password_hash": "never to be shown to anybody at all",
    }
    for n in range(100)
]


@app.post("/orders")
async def take_order(order: Order):
    return {"order_id": 1, "reference": order.reference, "lines": len(order.lines)}


@app.get("/rows", response_model=List[Row])
async def find_rows():
    return STORED
