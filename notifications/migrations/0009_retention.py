from django.contrib.postgres.operations import AddConstraintNotValid, ValidateConstraint
from django.db import migrations, models

KINDS = [
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
    ("applications_expiring", "Applications to be revoked"),
    ("account_idle", "Unused account to be deleted"),
]


class Migration(migrations.Migration):
    # Each operation by itself: the table may be long, and is written to meanwhile.
    atomic = False

    dependencies = [
        ("notifications", "0008_alerts"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="outgoingemail",
            name="notifications_outgoingemail_kind_known",
        ),
        # On the way back, the former constraint knows only the former kinds.
        migrations.RunSQL(
            migrations.RunSQL.noop,
            "DELETE FROM notifications_outgoingemail WHERE kind IN ('applications_expiring', 'account_idle')",
        ),
        migrations.AlterField(
            model_name="outgoingemail",
            name="kind",
            field=models.CharField(choices=KINDS, max_length=40),
        ),
        AddConstraintNotValid(
            model_name="outgoingemail",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", [kind for kind, _ in KINDS])),
                name="notifications_outgoingemail_kind_known",
            ),
        ),
        ValidateConstraint(
            model_name="outgoingemail",
            name="notifications_outgoingemail_kind_known",
        ),
    ]
