from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import F
from django.db.models.functions import Collate

from anywork.api.text import Folded

BY_NAME = (Collate(Folded(F("name")), "C"), Collate(F("name"), "C"))

# Declared immutable, so that an index can be made of it: the rules of unaccent change only with a new version of
# PostgreSQL, after which the indexes *_by_name are to be rebuilt. The body is parsed when
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
        migrations.AlterModelOptions(name="skill", options={"ordering": (*BY_NAME, "pk")}),
        AddIndexConcurrently("skill", models.Index(*BY_NAME, "skill_id", name="accounts_skill_by_name")),
    ]
