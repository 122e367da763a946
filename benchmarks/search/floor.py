"""The floor: the cost of correct responses and nothing else. Run by uvicorn, on the database of DATABASE_URL.

For each case with a floor, FastAPI and asyncpg run the statements that AnyWork ran, and orjson makes the same JSON of
their rows. There are no tokens, permissions, rates, parameters and signed links; counts and page links are known in
advance, and so are the statements, which asyncpg prepares once per connection.
"""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from statistics import median
from typing import Any

import asyncpg
import orjson
from fastapi import FastAPI, HTTPException, Response

from benchmarks.search.recording import Recording, record_all
from benchmarks.search.shapes import SHAPES, columns_of
from benchmarks.search.subjects import choose_subjects

CONNECTIONS = 8
_SETTINGS = {"jit": "off", "max_parallel_workers_per_gather": "0"}
_JSON = orjson.OPT_UTC_Z | orjson.OPT_NAIVE_UTC


class FloorCase:
    """The statements of a recording, with the key of its paths as a parameter."""

    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        self._table = recording.case.rows or ""
        first, *others = (path.strip("/").rpartition("/")[2] for path in recording.paths)
        self._key = first if others and self._table else ""
        self._statements = [self._with_parameter(statement) for statement in recording.statements]
        selects = [index for index, text in enumerate(recording.statements) if self._fetches_rows(text)]
        self._rows_from = selects[-1] if selects else 0
        self._columns = columns_of(recording.statements[self._rows_from]) if selects else []

    async def run(self, connection: Any, key: str = "") -> list[list[Any]]:
        """Run all statements, and return their rows."""
        key = key or self._key
        return [await connection.fetch(text, *([key] if key and "$1" in text else ())) for text in self._statements]

    async def response(self, connection: Any, key: str = "") -> Any:
        """Run all statements, and return the body."""
        fetched = await self.run(connection, key)
        shape = SHAPES[self._table]
        rows = [shape(dict(zip(self._columns, row, strict=True))) for row in fetched[self._rows_from]]
        if self._key:
            return rows[0]
        # Without the row by which AnyWork sees that there is another page.
        recorded = self.recording.response
        return {**recorded, "results": rows[: len(recorded["results"])]}

    def _fetches_rows(self, statement: str) -> bool:
        return bool(self._table) and statement.startswith(f'SELECT "{self._table}".')

    def _with_parameter(self, statement: str) -> str:
        return statement.replace(f"'{self._key}'", "$1") if self._key else statement


async def decode_uuids_as_text(connection: Any) -> None:
    """Avoid creating UUID objects that would only be converted to text."""
    await connection.set_type_codec("uuid", schema="pg_catalog", encoder=str, decoder=str)


async def _skip_reset(connection: Any) -> None:
    """Avoid asyncpg's reset, a round trip whenever a connection returns to the pool."""


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    recordings = await asyncio.to_thread(_record)
    app.state.cases = {recording.case.slug: FloorCase(recording) for recording in recordings}
    async with asyncpg.create_pool(
        os.environ["DATABASE_URL"],
        min_size=CONNECTIONS,
        max_size=CONNECTIONS,
        server_settings=_SETTINGS,
        init=decode_uuids_as_text,
        reset=_skip_reset,
    ) as app.state.pool:
        yield


app = FastAPI(lifespan=_lifespan, openapi_url=None)


def _record() -> list[Recording]:
    import django

    django.setup()
    return record_all(choose_subjects())


def as_json(body: Any) -> bytes:
    """Return a body in AnyWork's JSON format."""
    return orjson.dumps(body, option=_JSON)


def _json(body: Any) -> Response:
    return Response(as_json(body), media_type="application/json")


@app.get("/recordings")
async def recordings() -> Response:
    """Return the requests for AnyWork, with their recordings."""
    return _json(
        {
            slug: {
                "paths": case.recording.paths,
                "token": case.recording.token,
                "posted": case.recording.posted,
                "queries": len(case.recording.statements),
                "response": case.recording.response,
            }
            for slug, case in app.state.cases.items()
        }
    )


@app.get("/statements/{slug}")
async def statements(slug: str, seconds: float) -> Response:
    """Return how many milliseconds the statements take, one after the other on one connection."""
    case = app.state.cases[slug]
    took = []
    async with app.state.pool.acquire() as connection:
        end = time.perf_counter() + seconds
        while (start := time.perf_counter()) < end:
            await case.run(connection)
            took.append(1_000 * (time.perf_counter() - start))
    return _json({"p50": median(took)})


@app.get("/responses/{slug}")
@app.get("/responses/{slug}/{key}")
async def responses(slug: str, key: str = "") -> Response:
    """Return the same response as AnyWork."""
    case = app.state.cases.get(slug)
    if case is None:
        raise HTTPException(404)
    async with app.state.pool.acquire() as connection:
        return _json(await case.response(connection, key))
