from django.contrib.postgres.operations import AddConstraintNotValid, ValidateConstraint
from django.db import migrations, models

PREFERENCES = [
    ("application_received", "Application received"),
    ("application_accepted", "Application accepted"),
    ("application_rejected", "Application rejected"),
    ("application_updated", "Application updated"),
    ("new_application", "New application"),
    ("applications_digest", "Daily summary of new applications"),
    ("application_withdrawn", "Application withdrawn"),
    ("job_closed", "Job closed by its employer"),
]

ONCE = models.UniqueConstraint(
    condition=models.Q(("dedup_key__isnull", False)),
    fields=("dedup_key",),
    name="notifications_notification_unique_dedup_key",
)
CREATE = """
CREATE UNIQUE INDEX CONCURRENTLY notifications_notification_unique_dedup_key ON notifications_notification (dedup_key)
WHERE dedup_key IS NOT NULL
"""
# Also before CREATE, since a failed attempt leaves an invalid index.
DROP = "DROP INDEX CONCURRENTLY IF EXISTS notifications_notification_unique_dedup_key"


class Migration(migrations.Migration):
    # Each operation by itself: the table may be long, and is written to meanwhile.
    atomic = False

    dependencies = [
        ("notifications", "0006_admin_lists"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="outgoingemail",
            name="notifications_outgoingemail_kind_known",
        ),
        # On the way back, the former constraint knows only the former kinds.
        migrations.RunSQL(
            migrations.RunSQL.noop,
            "DELETE FROM notifications_outgoingemail WHERE kind = 'job_closed'",
        ),
        migrations.AlterField(
            model_name="outgoingemail",
            name="kind",
            field=models.CharField(
                choices=[
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
                ],
                max_length=40,
            ),
        ),
        AddConstraintNotValid(
            model_name="outgoingemail",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "kind__in",
                        [
                            "application_received",
                            "application_accepted",
                            "application_rejected",
                            "email_verification",
                            "password_reset",
                            "password_changed",
                            "google_linked",
                            "new_application",
                            "applications_digest",
                            "application_withdrawn",
                            "email_change",
                            "email_changed",
                            "refresh_token_reused",
                            "sign_in_failures",
                            "job_taken_down",
                            "job_closed",
                        ],
                    )
                ),
                name="notifications_outgoingemail_kind_known",
            ),
        ),
        ValidateConstraint(
            model_name="outgoingemail",
            name="notifications_outgoingemail_kind_known",
        ),
        migrations.RemoveConstraint(
            model_name="notificationpreference",
            name="notifications_notificationpreference_kind_known",
        ),
        migrations.RunSQL(
            migrations.RunSQL.noop,
            "DELETE FROM notifications_notificationpreference WHERE kind = 'job_closed'",
        ),
        migrations.AlterField(
            model_name="notificationpreference",
            name="kind",
            field=models.CharField(choices=PREFERENCES, max_length=40),
        ),
        AddConstraintNotValid(
            model_name="notificationpreference",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", [kind for kind, _ in PREFERENCES])),
                name="notifications_notificationpreference_kind_known",
            ),
        ),
        ValidateConstraint(
            model_name="notificationpreference",
            name="notifications_notificationpreference_kind_known",
        ),
        migrations.AddField(
            model_name="notification",
            name="dedup_key",
            field=models.CharField(editable=False, max_length=200, null=True),
        ),
        migrations.RunSQL(DROP, migrations.RunSQL.noop),
        migrations.SeparateDatabaseAndState(
            [migrations.RunSQL(CREATE, DROP)], [migrations.AddConstraint("notification", ONCE)]
        ),
    ]
