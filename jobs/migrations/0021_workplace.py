from django.contrib.postgres.operations import AddConstraintNotValid, ValidateConstraint
from django.db import migrations, models

BATCH = 500


def fill(apps, schema_editor):
    """Jobs of the type "remote" are remote."""
    jobs = apps.get_model("jobs", "Job").objects.filter(job_type="remote", workplace="onsite")
    while keys := list(jobs.order_by().values_list("pk", flat=True)[:BATCH]):
        jobs.filter(pk__in=keys).update(workplace="remote")


class Migration(migrations.Migration):
    # Each operation by itself: the table may be long, and is written to meanwhile.
    atomic = False

    dependencies = [("jobs", "0020_place_locations")]

    operations = [
        migrations.AddField(
            "job",
            "workplace",
            models.CharField(
                blank=True,
                choices=[("onsite", "On site"), ("hybrid", "Hybrid"), ("remote", "Remote")],
                db_default="onsite",
                default="",
                max_length=10,
            ),
        ),
        AddConstraintNotValid(
            "job",
            models.CheckConstraint(
                condition=models.Q(("workplace__in", ["onsite", "hybrid", "remote"])), name="jobs_job_workplace_known"
            ),
        ),
        ValidateConstraint("job", "jobs_job_workplace_known"),
        migrations.RunPython(fill, migrations.RunPython.noop, elidable=True),
    ]
