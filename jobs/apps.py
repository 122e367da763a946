from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "jobs"

    def ready(self) -> None:
        from accounts.export import register
        from jobs import receivers  # noqa: F401 - importing connects them
        from jobs.export import export_jobs

        register(self.name, export_jobs)
