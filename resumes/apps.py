from django.apps import AppConfig


class ResumesConfig(AppConfig):
    name = "resumes"

    def ready(self) -> None:
        from accounts.export import register
        from anywork.operations import health
        from resumes import receivers  # noqa: F401 - connects them
        from resumes.export import export_resumes
        from resumes.orphans import check_sweep

        register(self.name, export_resumes)
        health.reports["sweep"] = check_sweep
