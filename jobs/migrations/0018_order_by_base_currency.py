from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models
from django.db.models import F, Q

ACTIVE = {"condition": Q(is_active=True), "include": ("closes_at",)}
REPLACED = {
    "jobs_job_best_paid": models.Index(
        F("salary_base_maximum").desc(nulls_last=True), F("job_id"), name="jobs_job_best_paid_new", **ACTIVE
    ),
    "jobs_job_worst_paid": models.Index(
        fields=["salary_base_maximum", "job_id"], name="jobs_job_worst_paid_new", **ACTIVE
    ),
}
ADDED = [
    models.Index(
        F("salary_currency"),
        F("salary_maximum").desc(nulls_last=True),
        F("job_id"),
        name="jobs_job_currency_best_paid",
        **ACTIVE,
    ),
    models.Index(fields=["salary_currency", "salary_maximum", "job_id"], name="jobs_job_currency_worst_paid", **ACTIVE),
]


class Migration(migrations.Migration):
    """Salaries are compared in one currency, or within one. The former order has no index while the old code runs."""

    # While jobs are written, so that none waits.
    atomic = False

    dependencies = [("jobs", "0017_currency_rates")]

    operations = [
        *(AddIndexConcurrently("job", index) for index in ADDED),
        *(
            operation
            for name, index in REPLACED.items()
            for operation in (
                AddIndexConcurrently("job", index),
                RemoveIndexConcurrently("job", name),
                migrations.RenameIndex("job", new_name=name, old_name=index.name),
            )
        ),
    ]
