"""The worst inputs cover the API."""

import re
from pathlib import Path

import httpx
import yaml
from django.conf import settings

from benchmarks.worst import sending
from benchmarks.worst.inputs import INPUTS
from benchmarks.worst.subjects import Subjects

METHODS = {"get", "post", "put", "patch", "delete"}


def without_names(endpoint):
    return re.sub(r"\{\w+\}", "{}", endpoint)


def test_each_operation_of_the_schema_has_a_worst_input():
    schema = yaml.safe_load((Path(settings.BASE_DIR) / "docs" / "openapi.yaml").read_text())
    operations = {
        without_names(f"{method.upper()} {path}")
        for path, item in schema["paths"].items()
        for method in item
        if method in METHODS
    }

    assert operations - {without_names(endpoint) for endpoint in INPUTS} == set()
    assert all(INPUTS.values())


def test_input_becomes_a_request_with_the_keys_of_rows():
    subjects = Subjects(tokens={"seeker": "t"}, values={"job": "1", "deep_page": "7"}, admin_cookie="")
    client = httpx.Client(base_url="http://worst")
    (deep,) = (given for given in INPUTS["GET /api/jobs/"] if given[:2] == ("deep page", ""))
    applied = deep._replace(caller="seeker", query="", json={"job": "{job}", "cover_letter": "Dear"})

    listed = sending.request_of(client, "GET /api/jobs/{job}/", deep, subjects)
    sent = sending.request_of(client, "POST /api/applications/", applied, subjects)

    assert str(listed.url) == "http://worst/api/jobs/1/?page=7&page_size=200"
    assert sent.content == b'{"job": "1", "cover_letter": "Dear"}'
    assert sent.headers["Authorization"] == "Bearer t"
