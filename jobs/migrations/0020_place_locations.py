from django.db import migrations, transaction

from jobs.models import placed_values

FIELDS = ("city", "state", "country")


def place(apps, schema_editor):
    """Places as the gazetteer now knows them; the task jobs.reindex_renamed_jobs carries the names into the jobs."""
    Location = apps.get_model("jobs", "Location")
    Renaming = apps.get_model("jobs", "Renaming")
    for location in Location.objects.order_by().iterator(chunk_size=500):
        names = {field: getattr(location, field) for field in FIELDS}
        values = placed_values(**names)
        with transaction.atomic():
            # Unless it was renamed meanwhile.
            if Location.objects.filter(pk=location.pk, **names).update(**values) and values["other_names"]:
                Renaming.objects.update_or_create({"reached": None}, relation="location", renamed=location.pk)


class Migration(migrations.Migration):
    # One transaction for each row, so that none is locked for long.
    atomic = False

    dependencies = [("jobs", "0019_places")]

    operations = [migrations.RunPython(place, migrations.RunPython.noop, elidable=True)]
