from django.apps import AppConfig


class AnyWorkConfig(AppConfig):
    name = "anywork"

    def ready(self) -> None:
        from anywork import checks  # noqa: F401 - importing registers them
