from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import User
from accounts.two_factor import reset_two_factor


class Command(BaseCommand):
    help = "Delete the authenticator app and the recovery codes of a member of the staff, who sets up others."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="the account's email address")

    def handle(self, *args: Any, email: str, **options: Any) -> None:
        try:
            user = User.objects.get_by_natural_key(email)
        except User.DoesNotExist:
            raise CommandError("There is no account with this email address.") from None
        reset_two_factor(user=user)
        self.stdout.write(f"Reset: {user.pk}")
