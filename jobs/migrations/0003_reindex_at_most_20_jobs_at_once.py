from django.db import migrations, models

from jobs.sql import read_sql

# A new name reaches up to 20 jobs in the request that sets it: 300 long ones took 7 to 9 s. When the task has come to
# the rest, the words of the former name are forgotten.
FEW_AT_ONCE = """
CREATE OR REPLACE FUNCTION jobs_renamed_at_once() RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT 20';
"""

MANY_AT_ONCE = """
CREATE OR REPLACE FUNCTION jobs_renamed_at_once() RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT 500';
"""


class Migration(migrations.Migration):
    dependencies = [("jobs", "0002_vocabulary_created_by")]

    operations = [
        migrations.AddField(
            model_name="renaming",
            name="former_name",
            field=models.TextField(blank=True, db_default="", default=""),
        ),
        migrations.RunSQL(FEW_AT_ONCE, MANY_AT_ONCE),
        migrations.RunSQL(read_sql("0003_former_names.sql"), read_sql("0003_reverse.sql")),
    ]
