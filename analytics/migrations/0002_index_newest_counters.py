from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # While jobs are viewed, so that none waits.
    atomic = False

    dependencies = [("analytics", "0001_initial")]

    operations = [
        AddIndexConcurrently("analytics", models.Index(fields=["-date", "-analytics_id"], name="analytics_newest")),
    ]
