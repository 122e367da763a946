from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import migrations, models
from django.db.models.functions import Concat

from anywork.api.text import Folded


def _typed(*fields):
    parts = [part for field in fields for part in (models.Value(" "), models.F(field))]
    return models.GeneratedField(
        expression=models.Func(
            Folded(Concat(*parts, output_field=models.TextField())),
            models.Value("-'\u2019.,/()&"),
            models.Value(" " * 9),
            function="translate",
            output_field=models.TextField(),
        ),
        output_field=models.TextField(),
        db_persist=True,
    )


class Migration(migrations.Migration):
    # Writes both tables again, which are short: 10,000 locations take less than a second.
    dependencies = [("jobs", "0021_workplace")]

    operations = [
        migrations.AddField("category", "typed", _typed("name")),
        migrations.AddField("location", "typed", _typed("city", "state", "country", "other_names")),
        migrations.AddIndex("category", GinIndex(OpClass("typed", name="gin_trgm_ops"), name="jobs_category_typed")),
        migrations.AddIndex("location", GinIndex(OpClass("typed", name="gin_trgm_ops"), name="jobs_location_typed")),
    ]
