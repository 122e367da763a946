from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "notifications"

    def ready(self) -> None:
        from anywork.api import health
        from notifications import receivers  # noqa: F401 - importing connects them
        from notifications.status import check_mail

        health.reports["mail"] = check_mail
