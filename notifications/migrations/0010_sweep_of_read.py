from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # While notifications are written, so that none waits.
    atomic = False

    dependencies = [("notifications", "0009_retention")]

    operations = [
        AddIndexConcurrently(
            model_name="notification",
            index=models.Index(fields=["created_at"], condition=models.Q(is_read=True), name="notifications_read"),
        ),
    ]
