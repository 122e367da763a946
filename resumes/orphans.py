"""Files without a row, and rows without a file: what is left when a process dies between writing the two."""

import logging
from datetime import timedelta
from typing import NamedTuple

from django.core.files.storage import Storage
from django.utils import timezone

from resumes.models import FOLDER, Resume

logger = logging.getLogger(__name__)

# Longer than any upload takes: a younger file's row may still be on its way.
SPARED = timedelta(hours=1)


class Sweep(NamedTuple):
    """What was done, and what somebody has to look after."""

    removed: list[str]  # names of files
    missing: list[str]  # keys of rows


def sweep_resume_files() -> Sweep:
    """Remove files older than an hour that no row knows; name the rows whose file is gone."""
    storage = Resume._meta.get_field("file").storage
    # The files first: a row that comes meanwhile is missed in the list, and then asked for by itself.
    names = _files(storage)
    rows = dict(Resume.objects.values_list("file", "pk"))
    removed = []
    for name in sorted(names - rows.keys()):
        if storage.get_modified_time(name) < timezone.now() - SPARED:
            storage.delete(name)
            removed.append(name)
    missing = sorted(str(key) for name, key in rows.items() if name not in names and not storage.exists(name))
    if removed:
        logger.warning("Removed %d resume files without a row.", len(removed))
    if missing:
        logger.error("The files of %d resumes are gone: %s", len(missing), ", ".join(missing))
    return Sweep(removed, missing)


def _files(storage: Storage) -> set[str]:
    try:
        return {f"{FOLDER}/{name}" for name in storage.listdir(FOLDER)[1]}
    except FileNotFoundError:
        # Nothing was uploaded yet.
        return set()
