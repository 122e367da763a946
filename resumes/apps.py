from django.apps import AppConfig


class ResumesConfig(AppConfig):
    name = "resumes"

    def ready(self) -> None:
        from accounts.export import register
        from resumes import receivers  # noqa: F401 - connects them
        from resumes.export import export_resumes

        register(self.name, export_resumes)
