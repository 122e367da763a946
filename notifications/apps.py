from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "notifications"

    def ready(self) -> None:
        from accounts.export import register
        from notifications import receivers  # noqa: F401 - importing connects them
        from notifications.export import export_notifications

        register(self.name, export_notifications)
