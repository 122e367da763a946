from typing import Any

from django.core.management.base import BaseCommand

from jobs.searching.gathering import gather_words


class Command(BaseCommand):
    help = "Gather the words of job descriptions, by which mistyped searches are corrected, as the nightly task does."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"Words: {gather_words()}")
