import django.db.models.deletion
import django.utils.timezone
from django.contrib.postgres.operations import AddConstraintNotValid, AddIndexConcurrently, ValidateConstraint
from django.db import migrations, models

STATUSES = [
    ("pending", "Pending"),
    ("reviewed", "Reviewed"),
    ("accepted", "Accepted"),
    ("rejected", "Rejected"),
    ("withdrawn", "Withdrawn"),
]
REASONS = [
    ("position_filled", "Position filled"),
    ("experience", "Experience"),
    ("skills", "Skills"),
    ("location", "Location"),
    ("salary", "Salary"),
    ("other", "Other"),
]
KINDS = [
    ("applied", "Applied"),
    ("status", "Status changed"),
    ("withdrawn", "Withdrawn"),
    ("letter_changed", "Cover letter changed"),
    ("resume_opened", "Resume opened"),
    ("revoked", "Revoked"),
    ("job_closed", "Job closed"),
]


def values(choices):
    return [value for value, _ in choices]


class Migration(migrations.Migration):
    # Each operation by itself, while people apply and decide.
    atomic = False

    # The hold itself is a column of `accounts`.
    dependencies = [("accounts", "0012_decision_hold"), ("applications", "0003_admin_lists")]

    operations = [
        # Old code leaves these columns at their defaults: what it decides is told at once.
        migrations.AddField(
            "application",
            "told_status",
            models.CharField(max_length=20, choices=STATUSES, blank=True, default="", db_default="", editable=False),
        ),
        migrations.AddField(
            "application", "tell_at", models.DateTimeField("told at", null=True, blank=True, editable=False)
        ),
        migrations.AddField("statuschange", "tell_at", models.DateTimeField(null=True, blank=True)),
        migrations.AddField(
            "statuschange",
            "reason",
            models.CharField(max_length=20, choices=REASONS, blank=True, default="", db_default=""),
        ),
        migrations.AddField("statuschange", "reason_shared", models.BooleanField(default=False, db_default=False)),
        AddConstraintNotValid(
            "application",
            models.CheckConstraint(
                name="applications_application_held_or_told",
                condition=models.Q(told_status="", tell_at=None)
                | models.Q(told_status__in=values(STATUSES), tell_at__isnull=False),
            ),
        ),
        ValidateConstraint("application", "applications_application_held_or_told"),
        AddConstraintNotValid(
            "statuschange",
            models.CheckConstraint(
                name="applications_statuschange_reason_of_rejection",
                condition=models.Q(reason="") | models.Q(reason__in=values(REASONS), to_status="rejected"),
            ),
        ),
        ValidateConstraint("statuschange", "applications_statuschange_reason_of_rejection"),
        AddIndexConcurrently(
            "application",
            models.Index(fields=["tell_at"], condition=models.Q(tell_at__isnull=False), name="applications_to_tell"),
        ),
        migrations.CreateModel(
            name="ApplicationEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=20, choices=KINDS)),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "application",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="events",
                        to="applications.application",
                    ),
                ),
            ],
            options={
                "ordering": ("at", "pk"),
                "constraints": [
                    models.CheckConstraint(
                        name="applications_applicationevent_kind_known",
                        condition=models.Q(kind__in=values(KINDS)),
                    )
                ],
            },
        ),
    ]
