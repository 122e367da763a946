from django.db import migrations, transaction

from anywork.api.cleaning import clean_rows
from anywork.api.text import remove_invisible
from jobs.searching.gazetteer import coordinates

# Each job's words are indexed again, in up to 25 ms.
BATCH = 100


def clean(apps, schema_editor):
    """Names as requests now write them; of two categories or locations that become equal one is kept, with all jobs."""
    Job = apps.get_model("jobs", "Job")

    def mover(relation):
        def merge(row, twin):
            if relation == "category":
                type(row).objects.filter(pk=twin.pk, description="").update(description=row.description)
            jobs = Job.objects.filter(**{relation: row})
            while keys := list(jobs.values_list("pk", flat=True)[:BATCH]):
                Job.objects.filter(pk__in=keys).update(**{relation: twin})
            with transaction.atomic():
                # Locked: no job can be posted with it any more.
                type(row).objects.select_for_update().get(pk=row.pk)
                jobs.update(**{relation: twin})
                row.delete()

        return merge

    def locate(values):
        latitude, longitude = coordinates(values["city"], values["country"]) or (None, None)
        return {"latitude": latitude, "longitude": longitude}

    clean_rows(Job.objects.all(), "title")
    for job in Job.objects.filter(salary_range__regex=r"[^\x20-\x7e]").only("salary_range").iterator():
        if (salary := remove_invisible(job.salary_range)) != job.salary_range:
            Job.objects.filter(pk=job.pk, salary_range=job.salary_range).update(salary_range=salary)
    clean_rows(apps.get_model("jobs", "Category").objects.all(), "name", merge=mover("category"))
    clean_rows(
        apps.get_model("jobs", "Location").objects.all(),
        "city",
        "state",
        "country",
        merge=mover("location"),
        derive=locate,
    )


class Migration(migrations.Migration):
    # One transaction for each row, so that none is locked for long.
    atomic = False

    dependencies = [("jobs", "0010_order_by_folded_names")]

    operations = [migrations.RunPython(clean, migrations.RunPython.noop, elidable=True)]
