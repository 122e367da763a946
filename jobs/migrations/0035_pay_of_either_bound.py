from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models
from django.db.models import F, Q

ACTIVE = Q(is_active=True)
INDEXES = {
    "jobs_job_best_paid": models.Index(
        F("salary_base_maximum").desc(nulls_last=True),
        F("job_id"),
        include=("closes_at", "salary_base_minimum"),
        condition=ACTIVE,
        name="jobs_job_best_paid_new",
    ),
    "jobs_job_worst_paid": models.Index(
        fields=["salary_base_maximum", "job_id"],
        include=("closes_at", "salary_base_minimum"),
        condition=ACTIVE,
        name="jobs_job_worst_paid_new",
    ),
    "jobs_job_currency_best_paid": models.Index(
        F("salary_currency"),
        F("salary_maximum").desc(nulls_last=True),
        F("job_id"),
        include=("closes_at", "salary_minimum"),
        condition=ACTIVE,
        name="jobs_job_currency_best_paid_new",
    ),
    "jobs_job_currency_worst_paid": models.Index(
        fields=["salary_currency", "salary_maximum", "job_id"],
        include=("closes_at", "salary_minimum"),
        condition=ACTIVE,
        name="jobs_job_currency_worst_paid_new",
    ),
}


class Migration(migrations.Migration):
    """With the lower bound, so that jobs outside the bounds are skipped unread: 220,000 of them took 2 to 11 s."""

    # While jobs are written, so that none waits.
    atomic = False

    dependencies = [("jobs", "0034_random_versions")]

    operations = [
        operation
        for name, index in INDEXES.items()
        for operation in (
            AddIndexConcurrently("job", index),
            RemoveIndexConcurrently("job", name),
            migrations.RenameIndex("job", new_name=name, old_name=index.name),
        )
    ]
