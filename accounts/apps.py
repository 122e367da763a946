from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        from accounts import receivers  # noqa: F401 - importing connects them
        from accounts.export import export_account, register

        register(self.name, export_account)
