"""Sweep of files without a row and rows without a file, left by a process that died between writing the two."""

import logging
from datetime import timedelta
from typing import NamedTuple

from django.core.files.storage import Storage
from django.utils import timezone

from resumes.models import FOLDER, Resume

logger = logging.getLogger(__name__)


class Sweep(NamedTuple):
    """Result of a sweep."""

    removed: list[str]  # names of deleted files
    missing: list[str]  # keys of resumes without a file


def sweep_resume_files(min_age: timedelta = timedelta(hours=1)) -> Sweep:
    """Delete files without a row, and return the rows whose file is missing.

    Files younger than `min_age`, which is longer than any upload takes, are kept: their row may follow.
    """
    storage = Resume._meta.get_field("file").storage
    # Files are listed first: a row added in between is not in the list, and its file is then looked up by name.
    names = _files(storage)
    rows = dict(Resume.objects.values_list("file", "pk"))
    removed = []
    for name in sorted(names - rows.keys()):
        if storage.get_modified_time(name) < timezone.now() - min_age:
            storage.delete(name)
            removed.append(name)
    missing = sorted(str(key) for name, key in rows.items() if name not in names and not storage.exists(name))
    if removed:
        logger.warning("Deleted %d resume files without a row.", len(removed))
    if missing:
        logger.error("The files of %d resumes are missing: %s", len(missing), ", ".join(missing))
    return Sweep(removed, missing)


def _files(storage: Storage) -> set[str]:
    try:
        return {f"{FOLDER}/{name}" for name in storage.listdir(FOLDER)[1]}
    except FileNotFoundError:
        # Nothing has been uploaded yet.
        return set()
