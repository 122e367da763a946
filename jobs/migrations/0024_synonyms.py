import uuid

import django.db.models.functions.text
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("jobs", "0023_words_as_typed"),
    ]

    operations = [
        migrations.CreateModel(
            name="Synonym",
            fields=[
                ("synonym_id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=100)),
                ("meaning", models.CharField(max_length=100)),
            ],
            options={
                "ordering": ("name", "meaning"),
                "permissions": (("import_synonym", "Can import synonym"), ("export_synonym", "Can export synonym")),
                "constraints": [
                    models.UniqueConstraint(
                        django.db.models.functions.text.Lower("name"),
                        django.db.models.functions.text.Lower("meaning"),
                        name="jobs_synonym_unique_names",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("name__iexact", models.F("meaning")), _negated=True),
                        name="jobs_synonym_two_names",
                    ),
                ],
            },
        ),
        # A search that is cached for a version has its synonyms.
        migrations.RunSQL(
            "CREATE TRIGGER jobs_synonym_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON jobs_synonym"
            " FOR EACH STATEMENT EXECUTE FUNCTION jobs_count_change('names')",
            "DROP TRIGGER jobs_synonym_changed ON jobs_synonym",
        ),
    ]
