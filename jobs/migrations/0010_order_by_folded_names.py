from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import Q

from anywork.api.text import by_name

FOLD = """
CREATE OR REPLACE FUNCTION jobs_folded(raw text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS
$$ SELECT ' ' || btrim(regexp_replace(translate(jobs_plain_text(anywork_folded(raw)), '"-', '  '), '\\s+', ' ', 'g')) $$;
"""
FOLD_ALONE = FOLD.replace("anywork_folded(raw)", "lower(unaccent(raw))")


class Migration(migrations.Migration):
    # While jobs are written, so that none waits.
    atomic = False

    dependencies = [("accounts", "0005_fold_names"), ("jobs", "0009_rename_change")]

    operations = [
        migrations.RunSQL(FOLD, FOLD_ALONE),
        migrations.AlterModelOptions(
            name="category", options={"ordering": by_name("name"), "verbose_name_plural": "categories"}
        ),
        migrations.AlterModelOptions(name="location", options={"ordering": by_name("country", "state", "city")}),
        AddIndexConcurrently(
            "category", models.Index(*by_name("name", last="category_id"), name="jobs_category_by_name")
        ),
        AddIndexConcurrently(
            "location", models.Index(*by_name("country", "state", "city")[:3], name="jobs_location_by_name")
        ),
        AddIndexConcurrently(
            "job",
            models.Index(
                *by_name("title", last="job_id"),
                condition=Q(is_active=True),
                include=("closes_at",),
                name="jobs_job_by_title",
            ),
        ),
    ]
