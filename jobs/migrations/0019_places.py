from django.db import migrations, models

from jobs.sql import read_sql


class Migration(migrations.Migration):
    dependencies = [("jobs", "0018_order_by_base_currency")]

    operations = [
        migrations.AlterField("location", "city", models.CharField(blank=True, max_length=100)),
        migrations.AddField(
            "location", "country_code", models.CharField(blank=True, db_default="", editable=False, max_length=2)
        ),
        migrations.AddField("location", "other_names", models.TextField(blank=True, db_default="", editable=False)),
        migrations.RunSQL(read_sql("0019_other_names.sql"), read_sql("0019_reverse.sql")),
    ]
