from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import F, Q
from django.db.models.functions import Collate

from anywork.api.text import Folded

FOLD = """
CREATE OR REPLACE FUNCTION jobs_folded(raw text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS
$$ SELECT ' ' || btrim(regexp_replace(translate(jobs_plain_text(anywork_folded(raw)), '"-', '  '), '\\s+', ' ', 'g')) $$;
"""
FOLD_ALONE = FOLD.replace("anywork_folded(raw)", "lower(unaccent(raw))")

FOLDED_NAME, NAME = Collate(Folded(F("name")), "C"), Collate(F("name"), "C")
PLACE = ("country", "state", "city")
FOLDED_PLACE = tuple(Collate(Folded(F(part)), "C") for part in PLACE)


class Migration(migrations.Migration):
    # While jobs are written, so that none waits.
    atomic = False

    dependencies = [("accounts", "0005_fold_names"), ("jobs", "0009_rename_change")]

    operations = [
        migrations.RunSQL(FOLD, FOLD_ALONE),
        migrations.AlterModelOptions(
            name="category", options={"ordering": (FOLDED_NAME, NAME, "pk"), "verbose_name_plural": "categories"}
        ),
        migrations.AlterModelOptions(
            name="location", options={"ordering": (*FOLDED_PLACE, *(Collate(F(part), "C") for part in PLACE), "pk")}
        ),
        AddIndexConcurrently("category", models.Index(FOLDED_NAME, NAME, "category_id", name="jobs_category_by_name")),
        AddIndexConcurrently("location", models.Index(*FOLDED_PLACE, name="jobs_location_by_name")),
        AddIndexConcurrently(
            "job",
            models.Index(
                Collate(Folded(F("title")), "C"),
                Collate(F("title"), "C"),
                "job_id",
                condition=Q(is_active=True),
                include=("closes_at",),
                name="jobs_job_by_title",
            ),
        ),
    ]
