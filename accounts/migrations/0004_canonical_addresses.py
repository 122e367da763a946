from django.core.exceptions import ValidationError
from django.db import migrations
from django.db.models import F

from anywork.api.emails import canonical_email

# Beside letters that are not ASCII: quotes, long local parts, IP addresses, hosts without a dot, A-labels and the like.
# All others are canonical.
UNUSUAL = r"[^\x01-\x7f]|\"|^[^@]{65}|@\[|@[^.]*$|\.[0-9]+$|[.@]..--"


def mailed_domain(email):
    """Return the domain that mail to an address was sent to: Python's codec is IDNA 2003 (straße is strasse)."""
    try:
        return email.rpartition("@")[2].encode("idna").decode()
    except UnicodeError:
        return ""


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
            changes = {"email": address}
            if mailed_domain(user.email) != address.rpartition("@")[2]:
                # Verified, if at all, by the owner of the domain that mail went to.
                changes |= {"email_verified_at": None, "token_version": F("token_version") + 1}
            User.objects.filter(pk=user.pk).update(**changes)
    if left:
        print("\n  Accounts whose address was left as it is; change or delete them in the admin site:")
        print("".join(f"    {line}\n" for line in left), end="")


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_audit_kinds_and_networks")]

    operations = [migrations.RunPython(make_canonical, migrations.RunPython.noop, elidable=True)]
