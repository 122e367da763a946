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
# Also before CREATE, since a failed attempt leaves an invalid index.
DROP = "DROP INDEX CONCURRENTLY IF EXISTS jobs_job_unique_idempotency_key"


class Migration(migrations.Migration):
    # While jobs are written, so that none waits.
    atomic = False

    dependencies = [("jobs", "0012_idempotency_keys")]

    operations = [
        migrations.RunSQL(DROP, migrations.RunSQL.noop),
        migrations.SeparateDatabaseAndState(
            [migrations.RunSQL(CREATE, DROP)],
            [migrations.AddConstraint("job", KEYS)],
        ),
    ]
