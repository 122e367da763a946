from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from resumes.orphans import sweep_resume_files


class Command(BaseCommand):
    """Fails if the file of a resume is missing, so that a cron job reports it."""

    help = (
        "Delete files older than an hour that belong to no resume, and list resumes whose file is missing. After a "
        "restore, or if it would delete many files, it deletes none without --yes."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--yes", action="store_true", help="delete them in any case, and end the pause")

    def handle(self, *args: Any, yes: bool, **options: Any) -> None:
        sweep = sweep_resume_files(is_confirmed=yes)
        self.stdout.write(f"{len(sweep.removed)} files without a resume deleted.")
        if sweep.kept:
            self.stdout.write(f"{len(sweep.kept)} are kept, since a newer backup may need them: see --yes.")
        if sweep.missing:
            raise CommandError(f"The files of {len(sweep.missing)} resumes are missing: {', '.join(sweep.missing)}")
