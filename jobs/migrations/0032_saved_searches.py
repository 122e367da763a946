import uuid

import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0014_alert_times"), ("jobs", "0031_saved_jobs")]

    operations = [
        migrations.CreateModel(
            name="SearchRun",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("digest", models.CharField(max_length=32)),
                ("day", models.DateField()),
                ("since", models.DateTimeField()),
                ("until", models.DateTimeField()),
                (
                    "jobs",
                    django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), default=list, size=None),
                ),
                ("total", models.PositiveIntegerField(default=0)),
            ],
            options={
                "ordering": ("digest", "day"),
                "constraints": [models.UniqueConstraint(fields=("digest", "day"), name="jobs_searchrun_once_a_day")],
            },
        ),
        migrations.CreateModel(
            name="SavedSearch",
            fields=[
                (
                    "saved_search_id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("name", models.CharField(max_length=100)),
                ("query", models.TextField()),
                ("digest", models.CharField(editable=False, max_length=32)),
                (
                    "frequency",
                    models.CharField(
                        choices=[("off", "Off"), ("daily", "Daily"), ("weekly", "Weekly")],
                        default="daily",
                        max_length=6,
                    ),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("told_until", models.DateTimeField(editable=False)),
                ("alert_at", models.DateTimeField(editable=False)),
                (
                    "job_seeker",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="saved_searches",
                        to="accounts.jobseeker",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "saved searches",
                "ordering": ("-created_at", "-pk"),
                "indexes": [
                    models.Index(
                        condition=~models.Q(frequency="off"),
                        fields=["alert_at", "saved_search_id"],
                        name="jobs_savedsearch_due",
                    ),
                    models.Index(
                        condition=~models.Q(frequency="off"), fields=["digest"], name="jobs_savedsearch_digest"
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(frequency__in=["off", "daily", "weekly"]),
                        name="jobs_savedsearch_frequency_known",
                    )
                ],
            },
        ),
    ]
