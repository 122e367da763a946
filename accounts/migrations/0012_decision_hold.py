from django.contrib.postgres.operations import AddConstraintNotValid, ValidateConstraint
from django.db import migrations, models


class Migration(migrations.Migration):
    # Each operation by itself, so that none waits.
    atomic = False

    dependencies = [("accounts", "0011_audit_kinds_of_two_factor")]

    operations = [
        migrations.AddField(
            "employer", "decision_hold_minutes", models.PositiveSmallIntegerField(null=True, blank=True)
        ),
        AddConstraintNotValid(
            "employer",
            models.CheckConstraint(
                condition=models.Q(decision_hold_minutes__lte=4320), name="accounts_employer_decision_hold_in_range"
            ),
        ),
        ValidateConstraint("employer", "accounts_employer_decision_hold_in_range"),
    ]
