from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import connection

from anywork.operations.owner import as_owner

_RIGHTS = {"TABLES": "SELECT, INSERT, UPDATE, DELETE", "SEQUENCES": "SELECT, USAGE"}


class Command(BaseCommand):
    help = "Store the parameters of sessions in the role of DATABASE_URL; let it read and write the owner's tables."

    def handle(self, *args: Any, **options: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_user, current_database()")
            role, database = map(connection.ops.quote_name, cursor.fetchone())
            for name, value in settings.DATABASE_PARAMETERS.items():
                cursor.execute(f"ALTER ROLE {role} IN DATABASE {database} SET {name} = %s", [str(value)])
        if settings.DATABASE_OWNER:
            with as_owner(), connection.cursor() as cursor:
                for kind, rights in _RIGHTS.items():
                    cursor.execute(f"GRANT {rights} ON ALL {kind} IN SCHEMA public TO {role}")
                    cursor.execute(f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT {rights} ON {kind} TO {role}")
        self.stdout.write(f"Configured: {role} in {database}")
