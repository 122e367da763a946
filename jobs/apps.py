from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "jobs"

    def ready(self) -> None:
        from accounts import export, retention, skill_names
        from jobs import receivers  # noqa: F401 - importing connects them
        from jobs.export import export_jobs
        from jobs.life import keeps_account
        from jobs.searching.discovery import typed_synonyms

        export.register(self.name, export_jobs)
        skill_names.register(self.name, typed_synonyms)
        retention.uses.append(keeps_account)
