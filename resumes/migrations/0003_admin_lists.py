from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # While resumes are uploaded, so that none waits.
    atomic = False

    dependencies = [("resumes", "0002_size")]

    operations = [
        AddIndexConcurrently("resume", models.Index(fields=["-uploaded_at", "-resume_id"], name="resumes_newest")),
        AddIndexConcurrently(
            "resume",
            models.Index(
                condition=models.Q(removed_at__isnull=False),
                fields=["-uploaded_at", "-resume_id"],
                name="resumes_removed",
            ),
        ),
    ]
