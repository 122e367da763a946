from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import User
from accounts.services import block_account, unblock_account


class Command(BaseCommand):
    help = "Block an account: it can't log in, its sessions end, and an employer's open jobs are closed."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="the account's email address")
        parser.add_argument("--undo", action="store_true", help="unblock it")
        parser.add_argument("--reason", default="", help="for the staff, in the admin site")

    def handle(self, *args: Any, email: str, undo: bool, reason: str, **options: Any) -> None:
        try:
            user = User.objects.get_by_natural_key(email)
        except User.DoesNotExist:
            raise CommandError("There is no account with this email address.") from None
        (unblock_account if undo else block_account)(user=user, reason=reason)
        self.stdout.write(f"{'Unblocked' if undo else 'Blocked'}: {user.pk}")
