"""The floor returns the same responses as AnyWork."""

import asyncio

import asyncpg
import orjson
import pytest

from anywork.testing.processes import database_url
from benchmarks.search.floor import FloorCase, as_json, decode_uuids_as_text
from benchmarks.search.recording import record_all
from benchmarks.search.shapes import comparable
from benchmarks.search.subjects import choose_subjects


@pytest.fixture
def recordings(filled):
    return record_all(choose_subjects())


async def responses_of_floor(recordings):
    connection = await asyncpg.connect(database_url())
    await decode_uuids_as_text(connection)
    try:
        return [orjson.loads(as_json(await FloorCase(recording).response(connection))) for recording in recordings]
    finally:
        await connection.close()


def rows(response):
    response = comparable(response)
    return response.get("results", response)


def test_floor_returns_the_same_rows(recordings):
    assert all(recording.statements for recording in recordings)
    with_floor = [recording for recording in recordings if recording.case.rows]

    for recording, response in zip(with_floor, asyncio.run(responses_of_floor(with_floor)), strict=True):
        assert rows(response) == rows(recording.response), recording.case.name
        assert rows(response), recording.case.name
