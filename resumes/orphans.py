"""Sweep of files without a row and rows without a file, left by a process that died between writing the two."""

import logging
import math
import time
from collections.abc import Mapping
from datetime import timedelta
from posixpath import dirname
from typing import NamedTuple

from django.conf import settings
from django.core.files.storage import Storage
from django.utils import timezone

from resumes.models import Resume, SweepPause

logger = logging.getLogger(__name__)

# Longer than any upload takes.
MIN_AGE = timedelta(hours=1)
# Processes that die leave few files. More are rather those of rows that an older backup lacks.
MAX_FILES = 20
MAX_SHARE = 0.01


class Sweep(NamedTuple):
    """Result of a sweep."""

    removed: list[str]  # names of deleted files
    kept: list[str]  # names of files without a row that a pause keeps
    missing: list[str]  # keys of resumes without a file


def pause_sweep() -> None:
    """Keep all files until `manage.py sweep_resume_files --yes`."""
    if not SweepPause.objects.exists():
        SweepPause.objects.create()


def check_sweep() -> tuple[bool, Mapping[str, int]]:
    """Return whether files without a row are deleted, for `/readyz`."""
    is_paused = SweepPause.objects.exists()
    return not is_paused, {"paused": int(is_paused)}


def sweep_resume_files(*, is_confirmed: bool = False, until: float = math.inf) -> Sweep:
    """Delete files without a row until a moment of time.monotonic(), and return the rows whose file is missing.

    Files younger than MIN_AGE are kept: their row may follow. More than MAX_FILES and MAX_SHARE of all files pause the
    sweep; with `is_confirmed` they are deleted, and a pause ends.
    """
    storage = Resume._meta.get_field("file").storage
    # Files are listed first: a row added in between is not in the list, and its file is then looked up by name.
    names = _files(storage, settings.MEDIA_PREFIX)
    rows = dict(Resume.objects.values_list("file", "pk"))
    found = sorted(names - rows.keys())
    if is_confirmed:
        SweepPause.objects.all().delete()
    elif len(found) > max(MAX_FILES, MAX_SHARE * len(names)):
        pause_sweep()
    kept = found if SweepPause.objects.exists() else []
    removed = [] if kept else _delete_old(storage, found, until)
    # Some rows may have been written under another MEDIA_PREFIX.
    for folder in {dirname(name) for name in rows} - {settings.MEDIA_PREFIX}:
        names |= _files(storage, folder)
    missing = sorted(str(key) for name, key in rows.items() if name not in names and not storage.exists(name))
    if removed:
        logger.warning("Deleted %d resume files without a row.", len(removed))
    if kept:
        logger.error("%d resume files without a row are kept until `manage.py sweep_resume_files --yes`.", len(kept))
    if missing:
        logger.error("The files of %d resumes are missing: %s", len(missing), ", ".join(missing))
    return Sweep(removed, kept, missing)


def _delete_old(storage: Storage, names: list[str], until: float) -> list[str]:
    before = timezone.now() - MIN_AGE
    deleted = []
    for name in names:
        # A bucket takes two requests for each file.
        if time.monotonic() > until:
            break
        try:
            if storage.get_modified_time(name) < before:
                storage.delete(name)
                deleted.append(name)
        except OSError as error:
            # Gone meanwhile, or locked: it must not keep the others for ever.
            logger.warning("A resume file without a row cannot be deleted (%s).", type(error).__name__)
    return deleted


def _files(storage: Storage, folder: str) -> set[str]:
    try:
        return {f"{folder}/{name}" for name in storage.listdir(folder)[1]}
    except FileNotFoundError:
        # Nothing has been uploaded yet.
        return set()
