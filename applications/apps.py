from django.apps import AppConfig


class ApplicationsConfig(AppConfig):
    name = "applications"

    def ready(self) -> None:
        from accounts import retention
        from accounts.export import register
        from applications import receivers  # noqa: F401 - connects them
        from applications.expansions import JOB_COUNTS
        from applications.export import export_applications
        from applications.retention import keeps_account
        from jobs.counts import counters

        register(self.name, export_applications)
        counters.append(JOB_COUNTS)
        retention.uses.append(keeps_account)
