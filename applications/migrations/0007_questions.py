import uuid

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("applications", "0006_postings"),
        ("jobs", "0025_first_synonyms"),
    ]

    operations = [
        migrations.AddField(
            model_name="application",
            name="answers",
            field=models.JSONField(db_default={}, default=dict, editable=False),
        ),
        migrations.CreateModel(
            name="Question",
            fields=[
                (
                    "question_id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("position", models.PositiveSmallIntegerField()),
                ("text", models.CharField(max_length=500)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("text", "Text"),
                            ("number", "Number"),
                            ("yes_no", "Yes or no"),
                            ("choice", "One of the choices"),
                            ("choices", "Any of the choices"),
                        ],
                        max_length=10,
                    ),
                ),
                ("choices", models.JSONField(blank=True, default=list)),
                ("required", models.BooleanField()),
                ("knock_out", models.JSONField(blank=True, null=True)),
                (
                    "job",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="questions",
                        to="jobs.job",
                    ),
                ),
            ],
            options={
                "ordering": ("position",),
                "constraints": [
                    models.UniqueConstraint(fields=("job", "position"), name="applications_question_unique_position"),
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["text", "number", "yes_no", "choice", "choices"])),
                        name="applications_question_kind_known",
                    ),
                ],
            },
        ),
    ]
