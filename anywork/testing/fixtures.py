"""Fixtures for every test: people, and clients that act for them with real tokens.

A pytest plugin, loaded before Django is set up: what needs settings is imported by the fixture that uses it.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from rest_framework.test import APIClient

ClientFor = Callable[[Any], "APIClient"]

# Each worker has a database of its own, and PostgreSQL allows 100 connections by default.
MAX_WORKERS = 8


@pytest.hookimpl(optionalhook=True, tryfirst=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Return the number of workers of `-n auto`: one per CPU, and none if files or tests are named.

    A worker takes seconds to start, which a few tests do not gain.
    """
    if any("::" in argument or argument.endswith(".py") for argument in config.args):
        return 0
    return min(os.cpu_count() or 1, MAX_WORKERS)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Repeat a slow test once if it fails: what it waits for may be late on a busy machine. The summary says RERUN."""
    for item in items:
        if item.get_closest_marker("slow"):
            item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.fixture(autouse=True)
def _own_media(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture(autouse=True)
def _closed_breaker() -> Iterator[None]:
    from notifications.mail.publishing import breaker

    breaker.reset()
    yield
    breaker.reset()


@pytest.fixture(autouse=True)
def _closed_mail_connections() -> Iterator[None]:
    yield
    from notifications.mail.smtp import connections

    connections.close()


@pytest.fixture(autouse=True)
def _empty_caches() -> None:
    from anywork.api.caching.responses import response_cache
    from anywork.operations.health import probe
    from jobs.searching.versions import VersionedCache

    probe.cache_clear()
    response_cache.clear()
    VersionedCache.clear_all()


@pytest.fixture
def known_tasks() -> set[str]:
    """The names of the tasks that a worker knows."""
    from celery import current_app

    current_app.loader.import_default_modules()
    return set(current_app.tasks)


@pytest.fixture
def anonymous() -> "APIClient":
    """A client without a token."""
    from rest_framework.test import APIClient

    return APIClient()


@pytest.fixture
def client_for() -> ClientFor:
    """Return a function that makes a client with a real access token of the given user."""
    from rest_framework.test import APIClient

    from accounts.tokens import open_session

    def make(user: Any) -> "APIClient":
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {open_session(user).access}")
        client.user = user  # type: ignore[attr-defined]
        return client

    return make


@pytest.fixture
def seeker(db: None, client_for: ClientFor) -> "APIClient":
    """A signed-in job seeker."""
    from accounts.tests.factories import JobSeekerFactory

    return client_for(JobSeekerFactory().user)


@pytest.fixture
def employer(db: None, client_for: ClientFor) -> "APIClient":
    """A signed-in employer."""
    from accounts.tests.factories import EmployerFactory

    return client_for(EmployerFactory().user)


@pytest.fixture
def undecided(db: None, client_for: ClientFor) -> "APIClient":
    """A signed-in user who has not chosen a role."""
    from accounts.tests.factories import UserFactory

    return client_for(UserFactory(role=""))


@pytest.fixture
def admin_user(db: None) -> Any:
    """An administrator; pytest-django's `admin_client` signs it in to the admin site."""
    from accounts.tests.factories import AdminFactory

    return AdminFactory()


@pytest.fixture
def admin(admin_user: Any, client_for: ClientFor) -> "APIClient":
    """A signed-in administrator."""
    return client_for(admin_user)
