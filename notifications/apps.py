from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "notifications"

    def ready(self) -> None:
        from accounts import retention
        from accounts.export import register
        from anywork.operations import health
        from notifications import receivers  # noqa: F401 - connects them
        from notifications.export import export_notifications
        from notifications.mail.outbox import awaits_question
        from notifications.mail.status import check_mail

        register(self.name, export_notifications)
        health.reports["mail"] = check_mail
        retention.waits.append(awaits_question)
