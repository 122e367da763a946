from typing import Any

from django.core.management.base import BaseCommand

from notifications.mail.status import mail_figures


class Command(BaseCommand):
    help = "Print the figures of the outbox in the text format of Prometheus, for node_exporter's textfile collector."

    def handle(self, *args: Any, **options: Any) -> None:
        for name, value in mail_figures().items():
            self.stdout.write(f"anywork_mail_{name} {value}")
