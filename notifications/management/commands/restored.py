from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand

from resumes.orphans import pause_sweep


class Command(BaseCommand):
    help = (
        "Hold all unsent emails, and keep the files of all resumes. Run it in a restored backup, or after a fail-over "
        "that lost writes, before the first worker and beat start."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        call_command("hold_outgoing_email", stdout=self.stdout)
        pause_sweep()
        self.stdout.write("No file of a resume is deleted until `manage.py sweep_resume_files --yes`.")
