# For whichever FastAPI and SQLAlchemy the machine's Python has (Debian 12: 0.92 and 1.4). A session per request, committed at its end, as the guide has it.
import os
from typing import List

from fastapi import Depends, FastAPI, HTTPException
from pydantic import BaseModel, Field
from sqlalchemy import Column, Integer, String, event, select
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import declarative_base, sessionmaker

SEEDED = 1000
LISTED = 20
url = os.environ["DATABASE_URL"]
is_postgres = url.startswith("postgres")
engine = create_async_engine(
    url.replace("postgres://", "postgresql+asyncpg://") if is_postgres else url.replace("sqlite:", "sqlite+aiosqlite:///")
)
Base = declarative_base()


class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    name = Column(String(100), nullable=False)
    age = Column(Integer, nullable=False)


if not is_postgres:

    @event.listens_for(engine.sync_engine, "connect")
    def use_wal(connection, _):
        cursor = connection.cursor()
        cursor.execute("pragma journal_mode = wal")
        cursor.execute("pragma synchronous = normal")
        cursor.close()


make_session = sessionmaker(engine, class_=AsyncSession, expire_on_commit=False)


async def get_session():
    async with make_session() as session:
        yield session
        await session.commit()


class NewUser(BaseModel):
    name: str = Field(max_length=100)
    age: int


class FoundUser(NewUser):
    id: int

    class Config:
        orm_mode = True
        from_attributes = True


app = FastAPI()


@app.on_event("startup")
async def seed():
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with make_session() as session:
        session.add_all([User(name=f"User {i}", age=18 + i % 60) for i in range(1, SEEDED + 1)])
        await session.commit()


@app.get("/users/{user_id}", response_model=FoundUser)
async def get_user(user_id: int, session: AsyncSession = Depends(get_session)):
    user = (await session.execute(select(User).where(User.id == user_id))).scalars().first()
    if user is None:
        raise HTTPException(404, "User not found")
    return user


@app.get("/users", response_model=List[FoundUser])
async def list_users(session: AsyncSession = Depends(get_session)):
    return (await session.execute(select(User).order_by(User.id).limit(LISTED))).scalars().all()


@app.post("/users", response_model=FoundUser, status_code=201)
async def create_user(user: NewUser, session: AsyncSession = Depends(get_session)):
    made = User(name=user.name, age=user.age)
    session.add(made)
    await session.flush()
    return made
