import django.core.serializers.json
import django.db.models.deletion
import django.utils.timezone
from django.contrib.postgres.operations import AddConstraintNotValid, AddIndexConcurrently, ValidateConstraint
from django.db import migrations, models

from jobs.sql import read_sql

BATCH = 500


def close_jobs_of_erased_employers(apps, schema_editor):
    """All other jobs that are not active become paused, by the default of the column."""
    jobs = apps.get_model("jobs", "Job").objects.filter(employer=None).exclude(inactive_state="closed")
    while keys := list(jobs.order_by().values_list("pk", flat=True)[:BATCH]):
        jobs.filter(pk__in=keys).update(inactive_state="closed")


CHECKS = [
    models.CheckConstraint(
        condition=models.Q(("inactive_state__in", ("draft", "scheduled", "paused", "closed"))),
        name="jobs_job_inactive_state_known",
    ),
    models.CheckConstraint(
        condition=models.Q(
            models.Q(("inactive_state", "scheduled"), ("publish_at__isnull", False)),
            models.Q(models.Q(("inactive_state", "scheduled"), _negated=True), ("publish_at__isnull", True)),
            _connector="OR",
        ),
        name="jobs_job_scheduled_with_time",
    ),
    models.CheckConstraint(
        condition=models.Q(("closed_reason__in", ["", "filled", "cancelled"])), name="jobs_job_closed_reason_known"
    ),
]


class Migration(migrations.Migration):
    # Each operation by itself: the table may be long, and is written to meanwhile, also by former code.
    atomic = False

    dependencies = [("jobs", "0029_former_names")]

    operations = [
        migrations.AddField(
            "job",
            "inactive_state",
            models.CharField(
                choices=[("draft", "Draft"), ("scheduled", "Scheduled"), ("paused", "Paused"), ("closed", "Closed")],
                db_default="paused",
                default="paused",
                editable=False,
                max_length=9,
            ),
        ),
        migrations.AddField("job", "publish_at", models.DateTimeField(editable=False, null=True)),
        migrations.AddField(
            "job",
            "closed_reason",
            models.CharField(
                blank=True,
                choices=[("filled", "Filled"), ("cancelled", "Cancelled")],
                db_default="",
                default="",
                editable=False,
                max_length=9,
            ),
        ),
        *[
            operation
            for check in CHECKS
            for operation in (AddConstraintNotValid("job", check), ValidateConstraint("job", check.name))
        ],
        AddIndexConcurrently(
            "job",
            models.Index(
                condition=models.Q(("inactive_state", "scheduled"), ("is_active", False)),
                fields=["publish_at"],
                name="jobs_job_scheduled",
            ),
        ),
        AddIndexConcurrently(
            "job",
            models.Index(
                condition=models.Q(
                    ("is_active", False),
                    models.Q(("inactive_state", "scheduled"), ("inactive_state", "paused"), _connector="OR"),
                ),
                fields=["closes_at"],
                name="jobs_job_expiring_inactive",
            ),
        ),
        migrations.RunSQL(read_sql("0030_version.sql"), read_sql("0030_reverse.sql")),
        migrations.CreateModel(
            name="JobChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "actor",
                    models.CharField(
                        choices=[("employer", "Employer"), ("administrator", "Administrator")], max_length=13
                    ),
                ),
                ("changes", models.JSONField(encoder=django.core.serializers.json.DjangoJSONEncoder)),
                (
                    "job",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="changes",
                        to="jobs.job",
                    ),
                ),
            ],
            options={
                "ordering": ("-at", "-pk"),
                "indexes": [models.Index(fields=["job", "-at", "-id"], name="jobs_jobchange_newest")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("actor__in", ["employer", "administrator"])),
                        name="jobs_jobchange_actor_known",
                    )
                ],
            },
        ),
        migrations.RunPython(close_jobs_of_erased_employers, migrations.RunPython.noop, elidable=True),
    ]
