from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # While emails are sent, so that none waits.
    atomic = False

    dependencies = [("notifications", "0005_job_taken_down")]

    operations = [
        AddIndexConcurrently(
            "notification", models.Index(fields=["-created_at", "-notification_id"], name="notifications_newest")
        ),
        AddIndexConcurrently(
            "outgoingemail", models.Index(fields=["-created_at", "-email_id"], name="notifications_email_newest")
        ),
        AddIndexConcurrently(
            "outgoingemail",
            models.Index(fields=["state", "-created_at", "-email_id"], name="notifications_email_state"),
        ),
        AddIndexConcurrently("outgoingemail", models.Index(fields=["to"], name="notifications_email_to")),
    ]
