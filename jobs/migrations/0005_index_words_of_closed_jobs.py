from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # While jobs are written, so that none waits.
    atomic = False

    dependencies = [("jobs", "0004_closed_by_block")]

    operations = [
        AddIndexConcurrently(
            "job",
            GinIndex(fields=["search"], condition=models.Q(is_active=False), name="jobs_job_search_closed"),
        ),
    ]
