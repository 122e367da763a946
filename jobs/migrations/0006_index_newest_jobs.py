from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # While jobs are written, so that none waits.
    atomic = False

    dependencies = [("jobs", "0005_index_words_of_closed_jobs")]

    operations = [
        AddIndexConcurrently("job", models.Index(fields=["-posted_at", "-job_id"], name="jobs_job_newest")),
    ]
