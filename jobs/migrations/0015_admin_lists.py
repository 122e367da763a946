from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

from anywork.api.text import searchable


class Migration(migrations.Migration):
    # While jobs are written, so that none waits.
    atomic = False

    dependencies = [("jobs", "0014_transfer_permissions")]

    operations = [
        AddIndexConcurrently("category", GinIndex(*searchable("name"), name="jobs_category_search")),
        AddIndexConcurrently(
            "job",
            models.Index(condition=models.Q(is_active=False), fields=["-posted_at", "-job_id"], name="jobs_job_closed"),
        ),
        AddIndexConcurrently(
            "location", GinIndex(*searchable("city", "state", "country"), name="jobs_location_search")
        ),
    ]
