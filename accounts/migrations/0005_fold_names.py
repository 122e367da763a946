from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

from anywork.api.text import by_name

# Declared immutable, so that an index can be made of it: the rules of unaccent do not change. The body is parsed when
# the function is created, so that it finds unaccent under any search path, as in a restored backup.
CREATE = """
CREATE EXTENSION IF NOT EXISTS unaccent;
CREATE OR REPLACE FUNCTION anywork_folded(raw text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
RETURN lower(unaccent('unaccent', raw));
"""
# The extension stays: jobs has made its own use of it.
DROP = "DROP FUNCTION anywork_folded;"


class Migration(migrations.Migration):
    # While skills are written, so that none waits.
    atomic = False

    dependencies = [("accounts", "0004_canonical_addresses")]

    operations = [
        migrations.RunSQL(CREATE, DROP),
        migrations.AlterModelOptions(name="skill", options={"ordering": by_name("name")}),
        AddIndexConcurrently("skill", models.Index(*by_name("name", last="skill_id"), name="accounts_skill_by_name")),
    ]
