import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.utils.timezone
from django.contrib.postgres.operations import AddConstraintNotValid, AddIndexConcurrently, ValidateConstraint
from django.db import migrations, models

EMAILS = [
    ("application_received", "Application received"),
    ("application_accepted", "Application accepted"),
    ("application_rejected", "Application rejected"),
    ("email_verification", "Verify the email address"),
    ("password_reset", "Reset the password"),
    ("password_changed", "Password changed"),
    ("google_linked", "Google account linked"),
    ("new_application", "New application"),
    ("applications_digest", "Daily summary of new applications"),
    ("application_withdrawn", "Application withdrawn"),
    ("email_change", "Verify the new email address"),
    ("email_changed", "Email address changed"),
    ("refresh_token_reused", "Refresh token reused"),
    ("sign_in_failures", "Many failed logins"),
    ("job_taken_down", "Job closed by the staff"),
    ("job_closed", "Job closed by its employer"),
    ("job_alert", "New jobs of saved searches"),
    ("saved_job_closing", "Saved job closes soon"),
]
PREFERENCES = [
    ("application_received", "Application received"),
    ("application_accepted", "Application accepted"),
    ("application_rejected", "Application rejected"),
    ("application_updated", "Application updated"),
    ("new_application", "New application"),
    ("applications_digest", "Daily summary of new applications"),
    ("application_withdrawn", "Application withdrawn"),
    ("job_closed", "Job closed by its employer"),
    ("job_alert", "New jobs of saved searches"),
    ("saved_job_closing", "Saved job closes soon"),
]
NEW = "('job_alert', 'saved_job_closing')"


def known(kinds: list[tuple[str, str]], name: str) -> models.CheckConstraint:
    return models.CheckConstraint(condition=models.Q(("kind__in", [kind for kind, _ in kinds])), name=name)


class Migration(migrations.Migration):
    # Each operation by itself: the table may be long, and is written to meanwhile.
    atomic = False

    dependencies = [("notifications", "0007_job_closed"), ("jobs", "0032_saved_searches")]

    operations = [
        migrations.RemoveConstraint("outgoingemail", "notifications_outgoingemail_kind_known"),
        # On the way back, the former constraint knows only the former kinds.
        migrations.RunSQL(
            migrations.RunSQL.noop,
            f"DELETE FROM notifications_outgoingemail WHERE kind IN {NEW}",  # noqa: S608
        ),
        migrations.AlterField("outgoingemail", "kind", models.CharField(choices=EMAILS, max_length=40)),
        AddConstraintNotValid("outgoingemail", known(EMAILS, "notifications_outgoingemail_kind_known")),
        ValidateConstraint("outgoingemail", "notifications_outgoingemail_kind_known"),
        migrations.RemoveConstraint("notificationpreference", "notifications_notificationpreference_kind_known"),
        migrations.RunSQL(
            migrations.RunSQL.noop,
            f"DELETE FROM notifications_notificationpreference WHERE kind IN {NEW}",  # noqa: S608
        ),
        migrations.AlterField("notificationpreference", "kind", models.CharField(choices=PREFERENCES, max_length=40)),
        AddConstraintNotValid(
            "notificationpreference", known(PREFERENCES, "notifications_notificationpreference_kind_known")
        ),
        ValidateConstraint("notificationpreference", "notifications_notificationpreference_kind_known"),
        migrations.AddField("outgoingemail", "saved_search_id", models.UUIDField(editable=False, null=True)),
        migrations.AddField(
            "outgoingemail",
            "named_ids",
            django.contrib.postgres.fields.ArrayField(
                base_field=models.UUIDField(), editable=False, null=True, size=None
            ),
        ),
        AddIndexConcurrently(
            "outgoingemail",
            django.contrib.postgres.indexes.GinIndex(
                condition=models.Q(named_ids__isnull=False), fields=["named_ids"], name="notifications_email_named"
            ),
        ),
        migrations.CreateModel(
            name="ToldJob",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("told_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "job",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="jobs.job"),
                ),
                (
                    "saved_search",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="jobs.savedsearch",
                    ),
                ),
            ],
            options={
                "ordering": ("pk",),
                "indexes": [
                    django.contrib.postgres.indexes.BrinIndex(fields=["told_at"], name="notifications_toldjob_told_at")
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("saved_search", "job"), name="notifications_toldjob_once")
                ],
            },
        ),
    ]
