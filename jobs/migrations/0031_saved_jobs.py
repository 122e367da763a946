import uuid

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0012_decision_hold"), ("jobs", "0030_states")]

    operations = [
        migrations.CreateModel(
            name="SavedJob",
            fields=[
                (
                    "saved_job_id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("saved_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("reminded_at", models.DateTimeField(editable=False, null=True)),
                (
                    "job",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="jobs.job"),
                ),
                (
                    "job_seeker",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="saved_jobs",
                        to="accounts.jobseeker",
                    ),
                ),
            ],
            options={
                "ordering": ("-saved_at", "-pk"),
                "constraints": [models.UniqueConstraint(fields=("job_seeker", "job"), name="jobs_savedjob_unique_job")],
            },
        ),
    ]
