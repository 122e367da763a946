from django.contrib.postgres.operations import AddConstraintNotValid, ValidateConstraint
from django.db import migrations, models


class Migration(migrations.Migration):
    # Each operation by itself, so that none waits.
    atomic = False

    dependencies = [("accounts", "0013_refused_employers")]

    operations = [
        migrations.AddField(
            "user", "time_zone", models.CharField(max_length=64, default="UTC", db_default="UTC", editable=False)
        ),
        migrations.AddField(
            "user", "alert_hour", models.PositiveSmallIntegerField(default=8, db_default=8, editable=False)
        ),
        AddConstraintNotValid(
            "user",
            models.CheckConstraint(condition=models.Q(alert_hour__lte=23), name="accounts_user_alert_hour_in_range"),
        ),
        ValidateConstraint("user", "accounts_user_alert_hour_in_range"),
    ]
