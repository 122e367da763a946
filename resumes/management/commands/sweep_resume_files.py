from typing import Any

from django.core.management.base import BaseCommand, CommandError

from resumes.orphans import sweep_resume_files


class Command(BaseCommand):
    """Fails if the file of a resume is missing, so that a cron job reports it."""

    help = "Delete files older than an hour that belong to no resume, and list resumes whose file is missing."

    def handle(self, *args: Any, **options: Any) -> None:
        sweep = sweep_resume_files()
        self.stdout.write(f"{len(sweep.removed)} files without a resume deleted.")
        if sweep.missing:
            raise CommandError(f"The files of {len(sweep.missing)} resumes are missing: {', '.join(sweep.missing)}")
