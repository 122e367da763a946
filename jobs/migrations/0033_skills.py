import django.db.models.deletion
from django.db import migrations, models

from anywork.api.text import Folded
from jobs.sql import read_sql


class Migration(migrations.Migration):
    dependencies = [("accounts", "0013_refused_employers"), ("jobs", "0032_saved_searches")]

    operations = [
        migrations.CreateModel(
            name="JobSkill",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=100)),
                (
                    "importance",
                    models.CharField(choices=[("required", "Required"), ("useful", "Useful")], max_length=8),
                ),
                (
                    "folded",
                    models.GeneratedField(db_persist=True, expression=Folded("name"), output_field=models.TextField()),
                ),
                ("employer_id", models.UUIDField(editable=False, null=True)),
                ("posted_at", models.DateTimeField(editable=False, null=True)),
                ("open_until", models.DateTimeField(editable=False, null=True)),
                (
                    "job",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="skills",
                        to="jobs.job",
                    ),
                ),
            ],
            options={
                "ordering": ("pk",),
                "indexes": [
                    models.Index(
                        fields=["folded", "-posted_at", "-job"],
                        include=("open_until", "employer_id"),
                        name="jobs_jobskill_newest",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("job", "folded"), name="jobs_jobskill_unique_name"),
                    models.CheckConstraint(
                        condition=models.Q(("importance__in", ["required", "useful"])),
                        name="jobs_jobskill_importance_known",
                    ),
                ],
            },
        ),
        migrations.RunSQL(read_sql("0033_skills.sql"), read_sql("0033_reverse.sql")),
    ]
