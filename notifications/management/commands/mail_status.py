from typing import Any

from django.core.management.base import BaseCommand

from notifications.mail.status import mail_figures


class Command(BaseCommand):
    """Prints how mail is doing, one metric a line, as Prometheus reads it."""

    help = "Print how mail is doing, one metric a line, as Prometheus (node_exporter's textfile collector) reads it."

    def handle(self, *args: Any, **options: Any) -> None:
        for name, value in mail_figures().items():
            self.stdout.write(f"anywork_mail_{name} {value}")
