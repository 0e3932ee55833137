"""Records values.jsonl: how FastAPI takes and answers values that JSON has no type for.

In an environment with fastapi 0.142.2, pydantic 2.13.5, httpx and python-multipart: python record-values.py > values.jsonl
"""

import json
import re
import sys
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Annotated, Optional
from urllib.parse import quote

from fastapi import Cookie, FastAPI, Form, Header, Query
from fastapi.testclient import TestClient
from pydantic import AwareDatetime, ConfigDict, Field, NaiveDatetime, create_model

KINDS = {
    "date": date,
    "time": time,
    "instant": AwareDatetime,
    "plain date-time": NaiveDatetime,
    "duration": timedelta,
    "decimal": Decimal,
    "decimal gt=0 max_digits=5 decimal_places=2": Annotated[Decimal, Field(gt=0, max_digits=5, decimal_places=2)],
    "decimal ge=-1 le=10": Annotated[Decimal, Field(ge=-1, le=10)],
    "bytes": bytes,
    "set of integer": set[int],
    "set of string 1..2": Annotated[set[str], Field(min_length=1, max_length=2)],
    "set of date": set[date],
    "tuple integer string": tuple[int, str],
    "map of integer to number": dict[int, float],
    "map of string to date": dict[str, date],
}
OR_NOTHING = {
    "integer or nothing": Optional[int],
    "date or nothing": Optional[date],
    "string or nothing": Optional[str],
    "list of integer or nothing": Optional[list[int]],
    "decimal or nothing": Optional[Decimal],
}
TEXTS = """|abc|0|1|-1|1.5|1_000| 7 |true|null|1e3|NaN|inf|2024-02-29|2023-02-29|2024-13-01|2024-1-1|2024-02-29T00:00:00|2024-02-29T00:00:00Z|2024-02-29T12:30:00|2024-02-29 12:30|2024-02-29T12:30:45.123456+02:00|2024-02-29T12:30:45-0530|2024-02-29T12:30:45.1234567Z|1709164800|1709164800000|12:30|12:30:45|12:30:45.5|24:00:00|12:60|12:30:61|12:30Z|12:30:45+01:00|P1D|PT90M|P1DT2H3M4.5S|-P1D|P1W|P1M|P1Y|P|PT|1 day, 2:03:04|2 days|1:02:03|3600|-3600.5|0001-01-01|0000-01-01|9999-12-31|10000-01-01""".split("|")
DECIMALS = """1.10|+1.50|.5|5.|00.5|-0|1E-8|0.0000001|1e400|-.5e-3|123456789012345678901234567890.123456789|0.10|99.99|999.99|9999.9|1.234|12345|123456|0.001|10|10.0|10.01|-1.0|-1.01|1e5|1 0|--1|1,5|0x10|Infinity|-nan|1__0|100_000.000_1""".split("|")
BASE64 = ["aGVsbG8=", "aGVsbG8", "aGVsbG8==", "", "a", "ab", "abc", "abcd", "a===", "aGk_", "aGk/", "-_-_", "+/+/", "aGVs bG8=", "aGVs\nbG8=", "é", "?", "=", "YQ==", "YR=="]
JSON = [None, True, False, 0, 1, -1, 1.5, 3600, -3600.5, 1709164800, 1709164800000, 1e20, 86399, 86400, [], [1], {}, {"a": 1}, 12345678901234567890, 0.1, 1.10, 100]
LISTS = [[], [1], [1, 1, 2], ["1", 1, "2"], ["a", "a"], ["a", "b", "c"], [1, "x"], ["x", "y"], [None], [[1]], {"a": 1}, "a", None, ["2024-02-29", "2024-02-29"], ["2024-02-29", 1709164800], [1.0, True], ["a"], ["a", "b", "a", "b"]]
TUPLES = [[], [1], [1, "a"], ["1", "a"], [1, "a", 2], ["x", 1], "ab", None, {"0": 1}, ["x"], [1, None]]
MAPS = [{}, {"1": 2}, {"1": "2.5", "2": 3}, {"x": 1}, {"1": "x"}, {"1.0": 1, " 2 ": 2}, [], "a", None, [[1, 2]], {"a": "2024-02-29"}, {"a": "b"}, {"a": 1709164800}, {"": "2024-02-29"}]
FEW = ["abc", "", "1", "2024-02-29", "12:30", "P1D", "1.10", "2024-02-29T12:30:00Z", "2024-02-29T12:30:00", "99999", "1709164800"]

app = FastAPI()


def slug(kind: str) -> str:
    return re.sub(r"[^\w]", "_", kind)


def serve(kind: str, annotation: object, may_miss: bool) -> None:
    extra = {"ser_json_bytes": "base64", "val_json_bytes": "base64"} if kind == "bytes" else {}
    default = None if may_miss else ...
    model = create_model("M_" + slug(kind), __config__=ConfigDict(**extra), v=(annotation, default))

    @app.post("/body/" + slug(kind), response_model=model)
    def body(b: model):
        return b

    def add(path: str, parameter: object, method: str) -> None:
        def endpoint(v):
            return {"v": v}

        endpoint.__annotations__ = {"v": parameter}
        endpoint.__defaults__ = (None,) if may_miss else ()
        app.add_api_route(path, endpoint, methods=[method], response_model=model)

    if kind.startswith("map") or kind == "bytes":
        return
    for source, parameter in (("query", Query), ("form", Form), ("header", Header), ("cookie", Cookie)):
        if source == "cookie" and kind.startswith(("set", "tuple", "list")):
            continue
        add(f"/{source}/{slug(kind)}", Annotated[annotation, parameter()], "POST" if source == "form" else "GET")
    if not may_miss and not kind.startswith(("set", "tuple")):
        add("/path/" + slug(kind) + "/{v}", annotation, "GET")


for kind, annotation in KINDS.items():
    serve(kind, annotation, False)
for kind, annotation in OR_NOTHING.items():
    serve(kind, annotation, True)

client = TestClient(app, raise_server_exceptions=False)
paths = {route.path for route in app.routes}
form_type = {"content-type": "application/x-www-form-urlencoded"}
told = set()


def tell(kind: str, source: str, value: object, response) -> None:
    key = (kind, source, json.dumps(value, sort_keys=True))
    if key in told:
        return
    told.add(key)
    entry = {"kind": kind, "in": source, "input": value, "status": response.status_code, "response": response.json()}
    sys.stdout.write(json.dumps(entry, ensure_ascii=False) + "\n")


for kind in [*KINDS, *OR_NOTHING]:
    name = slug(kind)
    is_list = kind.startswith(("set", "list"))
    if is_list or kind.startswith(("tuple", "map")):
        values = LISTS if is_list else TUPLES if kind.startswith("tuple") else MAPS
        for v in [{"v": value} for value in values] + [{}]:
            tell(kind, "body", v, client.post("/body/" + name, json=v))
        for v in values:
            if kind.startswith("map") or not isinstance(v, list) or not all(isinstance(x, (str, int)) for x in v):
                continue
            v = [str(x) for x in v]
            if f"/query/{name}" in paths:
                tell(kind, "query", v, client.get(f"/query/{name}", params={"v": v}))
            if f"/form/{name}" in paths:
                tell(kind, "form", v, client.post(f"/form/{name}", data={"v": v}, headers=form_type))
        continue
    texts = DECIMALS + (["٣"] if kind == "decimal" else []) + TEXTS if "decimal" in kind else BASE64 if kind == "bytes" else TEXTS
    for v in [{"v": value} for value in [*texts, *JSON]] + [{}]:
        tell(kind, "body", v, client.post("/body/" + name, json=v))
    if kind == "bytes":
        continue
    for v in texts:
        tell(kind, "query", v, client.get(f"/query/{name}", params={"v": v}))
    tell(kind, "query", None, client.get(f"/query/{name}"))
    for v in FEW:
        tell(kind, "form", v, client.post(f"/form/{name}", data={"v": v}))
        tell(kind, "header", v, client.get(f"/header/{name}", headers={"v": v}))
        if v:
            tell(kind, "cookie", v, client.get(f"/cookie/{name}", headers={"cookie": "v=" + v}))
        if v and f"/path/{name}/{{v}}" in paths:
            tell(kind, "path", v, client.get(f"/path/{name}/" + quote(v)))
    tell(kind, "form", None, client.post(f"/form/{name}"))
    tell(kind, "header", None, client.get(f"/header/{name}"))
    tell(kind, "cookie", None, client.get(f"/cookie/{name}"))
