from django.apps import AppConfig


class AnalyticsConfig(AppConfig):
    name = "analytics"

    def ready(self) -> None:
        from analytics import receivers  # noqa: F401 - connects them
        from analytics.counts import VIEWS
        from jobs.counts import counters

        counters.append(VIEWS)
