from django.apps import AppConfig


class ApplicationsConfig(AppConfig):
    name = "applications"

    def ready(self) -> None:
        from accounts.export import register
        from applications import receivers  # noqa: F401 - connects them
        from applications.export import export_applications

        register(self.name, export_applications)
