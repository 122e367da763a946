import shutil
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction
from django.test import override_settings

from accounts.models import User
from accounts.tokens import open_session
from anywork.tests.world import SIGNED_IN, World, build_rows, fingerprint

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
BROWSER_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give each operation that schemathesis tests an id of its own.

    They all have the id of the test function, and pytest-xdist silently runs one test per id.
    """
    for item in items:
        if label := getattr(item, "operation_label", None):
            item._id = item.id.with_params(label)
    equal = [nodeid for nodeid, count in Counter(item.nodeid for item in items).items() if count > 1]
    if equal:
        raise pytest.UsageError(f"pytest-xdist would run only one test per id: {', '.join(equal)}")


@pytest.fixture(scope="module")
def shared_world(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    """The world, built once for all the cells: each rolls back to it."""
    media = tmp_path_factory.mktemp("media")
    with django_db_blocker.unblock(), transaction.atomic():
        with override_settings(MEDIA_ROOT=media):
            rows = build_rows()
        tokens = {name: open_session(User.objects.get(pk=rows[name].pk)) for name in (*SIGNED_IN, "leaver")}
        yield World(rows, tokens, media, fingerprint())
        transaction.set_rollback(True)


@pytest.fixture
def world(shared_world: World, db: None, settings: Any) -> World:
    settings.MEDIA_ROOT = shared_world.media
    return shared_world


@pytest.fixture
def browser() -> Iterator[Any]:
    """A real browser. A test asks first for its rows: Django refuses the database beside Playwright's event loop."""
    executable = next(filter(None, map(shutil.which, BROWSERS)), None)
    if executable is None:
        pytest.skip(f"none of {', '.join(BROWSERS)} is on PATH")
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=executable, args=BROWSER_ARGUMENTS)
        yield started
        started.close()


@pytest.fixture
def page(browser: Any) -> Any:
    return browser.new_page(viewport={"width": 1280, "height": 1000})
