from django.contrib.postgres.operations import AddConstraintNotValid, ValidateConstraint
from django.db import migrations, models


class Migration(migrations.Migration):
    # Each operation by itself: the table may be long, and is written to meanwhile.
    atomic = False

    dependencies = [
        ("notifications", "0004_senders_and_decisions"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="outgoingemail",
            name="notifications_outgoingemail_kind_known",
        ),
        # On the way back, the former constraint knows only the former kinds.
        migrations.RunSQL(
            migrations.RunSQL.noop,
            "DELETE FROM notifications_outgoingemail WHERE kind = 'job_taken_down'",
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
    ]
