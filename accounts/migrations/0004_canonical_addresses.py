from django.core.exceptions import ValidationError
from django.db import migrations

from anywork.api.emails import canonical_email

# Beside letters that are not ASCII: quotes, long local parts, IP addresses, hosts without a dot, A-labels and the like.
# All others are canonical.
UNUSUAL = r"[^\x01-\x7f]|\"|^[^@]{65}|@\[|@[^.]*$|\.[0-9]+$|[.@]..--"


def make_canonical(apps, schema_editor):
    """Rewrite addresses of existing accounts in the canonical form.

    An address that names none, or whose canonical form is another account's, is left as it is and listed.
    """
    User = apps.get_model("accounts", "User")
    left = []
    for user in User.objects.filter(email__regex=UNUSUAL).only("pk", "email").iterator():
        try:
            address = canonical_email(user.email)
        except ValidationError:
            left.append(f"{user.pk} (no address that mail can be sent to)")
            continue
        if address == user.email:
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
