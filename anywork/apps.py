from django.apps import AppConfig
from django.contrib.admin import apps as admin


class AnyWorkConfig(AppConfig):
    name = "anywork"
    default = True

    def ready(self) -> None:
        from anywork import checks  # noqa: F401 - importing registers them


class AdminConfig(admin.AdminConfig):
    default_site = "accounts.admin_site.AdminSite"
    default = False
