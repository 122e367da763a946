from django.db import migrations, models

KEYS = models.UniqueConstraint(
    condition=models.Q(idempotency_key__isnull=False),
    fields=("employer", "idempotency_key"),
    name="jobs_job_unique_idempotency_key",
)
CREATE = """
CREATE UNIQUE INDEX CONCURRENTLY jobs_job_unique_idempotency_key ON jobs_job (employer_id, idempotency_key)
WHERE idempotency_key IS NOT NULL
"""


class Migration(migrations.Migration):
    # While jobs are written, so that none waits.
    atomic = False

    dependencies = [("jobs", "0011_clean_names")]

    operations = [
        migrations.AddField("job", "idempotency_key", models.CharField(max_length=64, null=True, editable=False)),
        migrations.AddField("job", "idempotency_digest", models.CharField(max_length=64, null=True, editable=False)),
        migrations.SeparateDatabaseAndState(
            [migrations.RunSQL(CREATE, "DROP INDEX jobs_job_unique_idempotency_key")],
            [migrations.AddConstraint("job", KEYS)],
        ),
    ]
