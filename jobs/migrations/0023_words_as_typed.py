from django.db import migrations, models

from jobs.sql import read_sql


class Migration(migrations.Migration):
    dependencies = [("jobs", "0022_typed_names")]

    operations = [
        migrations.RemoveConstraint("renaming", "jobs_renaming_relation_known"),
        migrations.AlterField(
            "renaming",
            "relation",
            models.CharField(
                choices=[
                    ("employer", "Company"),
                    ("category", "Category"),
                    ("location", "Location"),
                    ("all", "All jobs"),
                ],
                max_length=10,
            ),
        ),
        # Reversed before the constraint returns.
        migrations.RunSQL(migrations.RunSQL.noop, "DELETE FROM jobs_renaming WHERE relation = 'all'"),
        migrations.AddConstraint(
            "renaming",
            models.CheckConstraint(
                name="jobs_renaming_relation_known",
                condition=models.Q(relation__in=["employer", "category", "location", "all"]),
            ),
        ),
        migrations.RunSQL(read_sql("0023_words.sql"), read_sql("0023_reverse.sql")),
        migrations.RunSQL(read_sql("0023_reindex.sql"), migrations.RunSQL.noop),
    ]
