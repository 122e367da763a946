"""What migrations 0020, 0023 and 0025 did, again: places, words and synonyms as they are known now."""

from django.db import migrations

from jobs.models import placed_values
from jobs.sql import read_sql

FIELDS = ("city", "state", "country")
SYNONYMS = """
    INSERT INTO jobs_synonym (synonym_id, name, meaning)
    SELECT gen_random_uuid(), name, meaning
    FROM (
        VALUES ('st', 'saint'), ('ft', 'fort'), ('mt', 'mount'),
            ('work from home', 'remote'), ('home office', 'remote'), ('homeoffice', 'remote'),
            ('remote work', 'remote'), ('remote working', 'remote'), ('working from home', 'remote'),
            ('customer service', 'customer support')
    ) AS added (name, meaning)
    ON CONFLICT DO NOTHING
"""
# Those of places whose words the renaming of all jobs writes anyway.
FORGET_PLACED = """
    DELETE FROM jobs_renaming WHERE relation = 'location' AND "into" IS NULL AND former_name = ''
        AND EXISTS (SELECT FROM jobs_renaming WHERE relation = 'all' AND reached IS NULL)
"""


def place(apps, schema_editor):
    """Places as the gazetteer now knows them; their jobs follow with all others."""
    Location = apps.get_model("jobs", "Location")
    for location in Location.objects.order_by().iterator(chunk_size=500):
        names = {field: getattr(location, field) for field in FIELDS}
        values = placed_values(**names)
        if any(getattr(location, field) != value for field, value in values.items()):
            # Unless it was renamed meanwhile, which placed it.
            Location.objects.filter(pk=location.pk, **names).update(**values)


class Migration(migrations.Migration):
    # One transaction for each location, so that none is locked for long.
    atomic = False

    dependencies = [("jobs", "0027_known_words")]

    operations = [
        # Reversed last.
        migrations.RunSQL(migrations.RunSQL.noop, read_sql("0023_reindex.sql")),
        migrations.RunSQL(read_sql("0028_plain_text.sql"), read_sql("0028_reverse.sql")),
        migrations.RunSQL(SYNONYMS, migrations.RunSQL.noop),
        migrations.RunPython(place, migrations.RunPython.noop, elidable=True),
        migrations.RunSQL(read_sql("0023_reindex.sql"), migrations.RunSQL.noop),
        migrations.RunSQL(FORGET_PLACED, migrations.RunSQL.noop),
    ]
