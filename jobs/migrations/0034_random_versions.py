from django.db import migrations

from jobs.sql import read_sql


class Migration(migrations.Migration):
    """Replaces functions alone: former code calls jobs_version meanwhile, which changes with each change as before."""

    dependencies = [("jobs", "0033_skills")]

    operations = [migrations.RunSQL(read_sql("0034_version.sql"), read_sql("0034_reverse.sql"))]
