import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("applications", "0005_notes_and_assessments"),
        ("jobs", "0025_first_synonyms"),
    ]

    operations = [
        migrations.CreateModel(
            name="Posting",
            fields=[
                ("posting_id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("title", models.CharField(max_length=255)),
                ("company_name", models.CharField(blank=True, max_length=255)),
                ("place", models.TextField()),
                ("salary_range", models.CharField(blank=True, max_length=100)),
                ("salary_details", models.JSONField(null=True)),
                ("description", models.TextField(blank=True)),
                (
                    "job",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="postings", to="jobs.job"
                    ),
                ),
            ],
            options={"ordering": ("pk",)},
        ),
        migrations.AddField(
            model_name="application",
            name="posting",
            field=models.ForeignKey(
                db_index=False,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="applications.posting",
            ),
        ),
    ]
