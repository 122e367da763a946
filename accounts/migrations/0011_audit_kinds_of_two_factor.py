from django.contrib.postgres.operations import AddConstraintNotValid, ValidateConstraint
from django.db import migrations, models


class Migration(migrations.Migration):
    # Each operation by itself: the trail may be long, and is written to meanwhile.
    atomic = False

    dependencies = [
        ("accounts", "0010_two_factor"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="auditevent",
            name="accounts_auditevent_kind_known",
        ),
        # On the way back, the former constraint knows only the former kinds.
        migrations.RunSQL(
            migrations.RunSQL.noop,
            """
            DELETE FROM accounts_auditevent WHERE kind IN ('otp_enrolled', 'otp_reset', 'recovery_code_used')
            """,
        ),
        migrations.AlterField(
            model_name="auditevent",
            name="kind",
            field=models.CharField(
                choices=[
                    ("registered", "Registered"),
                    ("sign_in", "Login"),
                    ("sign_in_failed", "Failed login"),
                    ("admin_sign_in", "Login to the admin site"),
                    ("role_chosen", "Role chosen"),
                    ("password_changed", "Password changed"),
                    ("password_reset", "Password set by a link"),
                    ("account_erased", "Account deleted"),
                    ("resume_opened", "Resume opened"),
                    ("logged_out_all", "Logged out everywhere"),
                    ("session_ended", "Session ended"),
                    ("token_reused", "Refresh token used again"),
                    ("email_verified", "Email address verified"),
                    ("email_changed", "Email address changed"),
                    ("google_linked", "Google account linked"),
                    ("otp_enrolled", "Two-factor login set up"),
                    ("otp_reset", "Two-factor login reset"),
                    ("recovery_code_used", "Recovery code used"),
                    ("exported", "Data exported"),
                    ("blocked", "Account blocked"),
                    ("unblocked", "Account unblocked"),
                    ("changed_by_admin", "Changed by an administrator"),
                ],
                max_length=20,
            ),
        ),
        AddConstraintNotValid(
            model_name="auditevent",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "kind__in",
                        [
                            "registered",
                            "sign_in",
                            "sign_in_failed",
                            "admin_sign_in",
                            "role_chosen",
                            "password_changed",
                            "password_reset",
                            "account_erased",
                            "resume_opened",
                            "logged_out_all",
                            "session_ended",
                            "token_reused",
                            "email_verified",
                            "email_changed",
                            "google_linked",
                            "otp_enrolled",
                            "otp_reset",
                            "recovery_code_used",
                            "exported",
                            "blocked",
                            "unblocked",
                            "changed_by_admin",
                        ],
                    )
                ),
                name="accounts_auditevent_kind_known",
            ),
        ),
        ValidateConstraint(
            model_name="auditevent",
            name="accounts_auditevent_kind_known",
        ),
    ]
