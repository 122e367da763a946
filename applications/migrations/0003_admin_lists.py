from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # While people apply, so that none waits.
    atomic = False

    dependencies = [("applications", "0002_index_newest_applications")]

    operations = [
        AddIndexConcurrently(
            "application", models.Index(fields=["status", "-applied_at", "-application_id"], name="applications_status")
        ),
    ]
