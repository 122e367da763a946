from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations
from django.db.models import F, Q

TYPED = OpClass(F("folded"), name="gin_trgm_ops")


class Migration(migrations.Migration):
    """So that companies and places are not searched among the titles. Old code needs jobs_suggestion_typed."""

    # While jobs are written, so that none waits.
    atomic = False

    dependencies = [("jobs", "0035_pay_of_either_bound")]

    operations = [
        AddIndexConcurrently("suggestion", GinIndex(TYPED, condition=Q(kind="title"), name="jobs_suggestion_titles")),
        AddIndexConcurrently(
            "suggestion",
            GinIndex(TYPED, condition=Q(kind="company") | Q(kind="place"), name="jobs_suggestion_names"),
        ),
    ]
