"""Requests from inputs."""

import json
import re
from collections.abc import Mapping
from typing import Any

import httpx

from benchmarks.worst.inputs import Input
from benchmarks.worst.subjects import Subjects

_NAME = re.compile(r"\{(\w+)\}|%7B(\w+)%7D")


def request_of(client: httpx.Client, endpoint: str, given: Input, subjects: Subjects) -> httpx.Request:
    """Return the request that sends `given` to "GET /api/jobs/{job}/"."""
    method, path = endpoint.split(" ", 1)
    url = _filled(path, subjects.values)
    if query := _filled(given.query_string, subjects.values):
        url = f"{url}?{query}"
    headers = dict(given.headers)
    if given.caller:
        headers["Authorization"] = f"Bearer {subjects.tokens[given.caller]}"
    if given.file is not None:
        return client.build_request(method, url, headers=headers, files={"file_path": ("a.pdf", given.file)})
    body = given.json
    if body is not None:
        headers.setdefault("Content-Type", "application/json")
        body = body if isinstance(body, str | bytes) else json.dumps(_with_rows(body, subjects.values))
    return client.build_request(method, url, headers=headers, content=body)


def _with_rows(body: dict[str, Any], values: Mapping[str, str]) -> dict[str, Any]:
    return {
        name: values[value.strip("{}")] if isinstance(value, str) and value[:1] == "{" else value
        for name, value in body.items()
    }


def _filled(text: str, values: Mapping[str, str]) -> str:
    return _NAME.sub(lambda name: values[name[1] or name[2]], text)
