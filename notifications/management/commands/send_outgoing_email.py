from typing import Any

from django.core.management.base import BaseCommand

from notifications.mail.delivery import deliver_next


class Command(BaseCommand):
    help = "Send all due emails, without broker and worker."

    def handle(self, *args: Any, **options: Any) -> None:
        attempted = 0
        while deliver_next():
            attempted += 1
        self.stdout.write(f"{attempted} emails attempted.")
