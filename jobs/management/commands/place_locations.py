from typing import Any

from django.core.management.base import BaseCommand

from jobs.batches import place_locations


class Command(BaseCommand):
    help = "Derive the coordinates and the country of all locations again, after a change of the gazetteer."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"Changed: {place_locations()}")
