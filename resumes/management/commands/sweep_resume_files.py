"""`manage.py sweep_resume_files`: remove files without a row, name rows without a file."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from resumes.orphans import sweep_resume_files


class Command(BaseCommand):
    """Exits with an error while the file of any resume is gone, so that a cron job tells."""

    help = "Removes resume files older than an hour that belong to no resume, and names resumes whose file is gone."

    def handle(self, *args: Any, **options: Any) -> None:
        sweep = sweep_resume_files()
        self.stdout.write(f"{len(sweep.removed)} files without a resume removed.")
        if sweep.missing:
            raise CommandError(f"The files of {len(sweep.missing)} resumes are gone: {', '.join(sweep.missing)}")
