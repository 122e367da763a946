from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # While people apply, so that none waits.
    atomic = False

    dependencies = [("applications", "0001_initial")]

    operations = [
        AddIndexConcurrently(
            "application", models.Index(fields=["-applied_at", "-application_id"], name="applications_newest")
        ),
    ]
