from django.db import migrations


class Migration(migrations.Migration):
    """Table of `anywork.api.throttling.counting.DatabaseCache`; it has no model, because only the cache reads it.

    Unlogged: counters are written at nearly every request, and their commits need not wait for the disk (0.2 ms
    instead of 2.7 ms). After a crash of PostgreSQL the table is empty, as a cache may be.
    """

    initial = True
    dependencies = []
    operations = [
        migrations.RunSQL(
            sql=[
                "CREATE UNLOGGED TABLE anywork_cache (cache_key varchar(255) PRIMARY KEY, value text NOT NULL, expires timestamptz NOT NULL)",
                # Serves the deletion of expired rows.
                "CREATE INDEX anywork_cache_expires ON anywork_cache (expires)",
            ],
            reverse_sql="DROP TABLE anywork_cache",
        ),
    ]
