from django.db import migrations

from anywork.api.text import by_name

IMPORT_AND_EXPORT = {
    model: ((f"import_{model}", f"Can import {model}"), (f"export_{model}", f"Can export {model}"))
    for model in ("category", "location")
}


class Migration(migrations.Migration):
    dependencies = [("jobs", "0013_unique_idempotency_keys")]

    operations = [
        migrations.AlterModelOptions(
            "category",
            options={
                "ordering": by_name("name"),
                "permissions": IMPORT_AND_EXPORT["category"],
                "verbose_name_plural": "categories",
            },
        ),
        migrations.AlterModelOptions(
            "location",
            options={
                "ordering": by_name("country", "state", "city"),
                "permissions": IMPORT_AND_EXPORT["location"],
            },
        ),
        migrations.AlterModelOptions(
            "job", options={"ordering": ("-posted_at", "-pk"), "permissions": (("export_job", "Can export job"),)}
        ),
    ]
