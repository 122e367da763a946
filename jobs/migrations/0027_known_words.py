from django.db import migrations, models

from jobs.sql import read_sql


class Migration(migrations.Migration):
    dependencies = [("jobs", "0026_merge_vocabulary")]

    operations = [
        migrations.AddField("suggestion", "is_gathered", models.BooleanField(default=False, db_default=False)),
        migrations.RunSQL(read_sql("0027_known_words.sql"), read_sql("0027_reverse.sql")),
    ]
