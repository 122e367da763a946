from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

from anywork.api.text import searchable


class Migration(migrations.Migration):
    # While people log in, so that none waits.
    atomic = False

    dependencies = [
        ("accounts", "0008_block_reason"),
        ("jobs", "0001_initial"),
    ]  # The first of jobs creates the extension of trigrams.

    operations = [
        AddIndexConcurrently(
            "auditevent", models.Index(fields=["kind", "-at", "-id"], name="accounts_auditevent_kind")
        ),
        AddIndexConcurrently(
            "auditevent", GinIndex(*searchable("subject", "address"), name="accounts_auditevent_search")
        ),
        AddIndexConcurrently("employer", GinIndex(*searchable("company_name"), name="accounts_employer_search")),
        AddIndexConcurrently(
            "jobseeker", GinIndex(*searchable("first_name", "last_name"), name="accounts_jobseeker_search")
        ),
        AddIndexConcurrently("skill", GinIndex(*searchable("name"), name="accounts_skill_search")),
        AddIndexConcurrently("user", models.Index(fields=["-created_at", "user_id"], name="accounts_user_newest")),
        AddIndexConcurrently(
            "user", models.Index(fields=["role", "-created_at", "user_id"], name="accounts_user_role")
        ),
        AddIndexConcurrently(
            "user",
            models.Index(
                condition=models.Q(is_active=False), fields=["-created_at", "user_id"], name="accounts_user_blocked"
            ),
        ),
        AddIndexConcurrently(
            "user",
            models.Index(
                condition=models.Q(is_staff=True), fields=["-created_at", "user_id"], name="accounts_user_staff"
            ),
        ),
        AddIndexConcurrently("user", GinIndex(*searchable("email"), name="accounts_user_search")),
        # Without statistics of what the indexes hold, PostgreSQL would sort every row for a common word.
        migrations.RunSQL(
            "ANALYZE accounts_auditevent, accounts_employer, accounts_jobseeker, accounts_skill, accounts_user",
            migrations.RunSQL.noop,
        ),
    ]
