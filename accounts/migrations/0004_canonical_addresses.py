from django.core.exceptions import ValidationError
from django.db import migrations

from anywork.api.emails import canonical_email


def make_canonical(apps, schema_editor):
    """Rewrite addresses that are not ASCII; those of lower-case ASCII are in the canonical form already.

    An address that names none, or whose canonical form is another account's, is left as it is and listed.
    """
    User = apps.get_model("accounts", "User")
    left = []
    for user in User.objects.filter(email__regex=r"[^\x01-\x7f]").only("pk", "email").iterator():
        try:
            address = canonical_email(user.email)
        except ValidationError:
            left.append(f"{user.pk} (no address that mail can be sent to)")
            continue
        if User.objects.filter(email=address).exists():
            left.append(f"{user.pk} (its address is another account's)")
        else:
            User.objects.filter(pk=user.pk).update(email=address)
    if left:
        print("\n  Accounts whose address was left as it is; change or delete them in the admin site:")
        print("".join(f"    {line}\n" for line in left), end="")


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_audit_kinds_and_networks")]

    operations = [migrations.RunPython(make_canonical, migrations.RunPython.noop, elidable=True)]
