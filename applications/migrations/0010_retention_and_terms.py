from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # While people apply, so that none waits.
    atomic = False

    dependencies = [
        ("applications", "0009_revoked"),
    ]

    operations = [
        migrations.AddField(
            model_name="application",
            name="noticed_at",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name="application",
            name="terms_version",
            field=models.CharField(blank=True, db_default="", default="", editable=False, max_length=32),
        ),
        AddIndexConcurrently(
            "application",
            models.Index(
                fields=["applied_at"],
                condition=models.Q(("revoked_at", None), ("status__in", ("accepted", "rejected"))),
                name="applications_decided_oldest",
            ),
        ),
    ]
