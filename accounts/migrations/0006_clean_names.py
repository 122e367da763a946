from django.db import migrations

from anywork.api.cleaning import clean_rows


def clean(apps, schema_editor):
    """Names as requests now write them; of two skills of a user that become equal one is kept."""
    clean_rows(apps.get_model("accounts", "JobSeeker").objects.all(), "first_name", "last_name", "phone_number")
    clean_rows(apps.get_model("accounts", "Employer").objects.all(), "company_name")
    clean_rows(
        apps.get_model("accounts", "Skill").objects.all(),
        "name",
        within=("user_id",),
        merge=lambda skill, _: skill.delete(),
    )


class Migration(migrations.Migration):
    # One transaction for each row, so that none is locked for long.
    atomic = False

    dependencies = [("accounts", "0005_fold_names")]

    operations = [migrations.RunPython(clean, migrations.RunPython.noop, elidable=True)]
