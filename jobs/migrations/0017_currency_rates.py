from decimal import Decimal

import django.core.validators
import django.utils.timezone
from django.db import migrations, models

# Units for a US dollar in autumn 2026, roughly: administrators keep them.
RATES = {
    "USD": "1",
    "EUR": "0.86",
    "GBP": "0.75",
    "CHF": "0.80",
    "JPY": "150",
    "CNY": "7.1",
    "INR": "88",
    "CAD": "1.40",
    "AUD": "1.53",
    "NZD": "1.75",
    "SEK": "9.5",
    "NOK": "10.1",
    "DKK": "6.4",
    "PLN": "3.65",
    "CZK": "21",
    "HUF": "335",
    "RON": "4.4",
    "TRY": "42",
    "RUB": "81",
    "UAH": "42",
    "ILS": "3.3",
    "AED": "3.6725",
    "SAR": "3.75",
    "EGP": "47.5",
    "NGN": "1450",
    "KES": "129",
    "GHS": "11",
    "ZAR": "17.3",
    "MAD": "9.2",
    "BRL": "5.35",
    "MXN": "18.4",
    "ARS": "1420",
    "CLP": "940",
    "COP": "3850",
    "PEN": "3.4",
    "SGD": "1.3",
    "HKD": "7.78",
    "KRW": "1430",
    "PHP": "58",
    "PKR": "281",
}

TRIGGER = """
    CREATE FUNCTION jobs_recalculate_salaries() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
    BEGIN
        UPDATE jobs_salaryrecalculation SET reached = NULL, is_done = FALSE;
        RETURN NULL;
    END $$;
    CREATE TRIGGER jobs_currencyrate_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON jobs_currencyrate
        FOR EACH STATEMENT EXECUTE FUNCTION jobs_recalculate_salaries();
"""
NO_TRIGGER = """
    DROP TRIGGER jobs_currencyrate_changed ON jobs_currencyrate;
    DROP FUNCTION jobs_recalculate_salaries();
"""


def seed(apps, schema_editor):
    """Rates, and the row that makes the task read the texts of all jobs again."""
    CurrencyRate = apps.get_model("jobs", "CurrencyRate")
    CurrencyRate.objects.bulk_create(
        CurrencyRate(currency=currency, per_dollar=Decimal(rate)) for currency, rate in RATES.items()
    )
    apps.get_model("jobs", "SalaryRecalculation").objects.create(pk=1, rules="")


class Migration(migrations.Migration):
    dependencies = [("jobs", "0016_stated_salaries")]

    operations = [
        migrations.AddField(
            "job",
            "salary_base_maximum",
            models.DecimalField(decimal_places=2, editable=False, max_digits=18, null=True),
        ),
        migrations.AddField(
            "job",
            "salary_base_minimum",
            models.DecimalField(decimal_places=2, editable=False, max_digits=18, null=True),
        ),
        migrations.CreateModel(
            name="CurrencyRate",
            fields=[
                (
                    "currency",
                    models.CharField(
                        help_text="A code of ISO 4217, such as EUR.", max_length=3, primary_key=True, serialize=False
                    ),
                ),
                (
                    "per_dollar",
                    models.DecimalField(
                        decimal_places=6,
                        help_text="How many of it are worth one US dollar.",
                        max_digits=18,
                        validators=[django.core.validators.MinValueValidator(Decimal("0.000001"))],
                    ),
                ),
                ("date", models.DateField(default=django.utils.timezone.localdate, help_text="Of the rate.")),
            ],
            options={
                "ordering": ("currency",),
                "permissions": (
                    ("import_currencyrate", "Can import currencyrate"),
                    ("export_currencyrate", "Can export currencyrate"),
                ),
            },
        ),
        migrations.AddConstraint(
            "currencyrate",
            models.CheckConstraint(condition=models.Q(per_dollar__gt=0), name="jobs_currencyrate_positive"),
        ),
        migrations.CreateModel(
            name="SalaryRecalculation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("rules", models.CharField(max_length=20)),
                ("reached", models.UUIDField(null=True)),
                ("is_done", models.BooleanField(db_default=False, default=False)),
            ],
        ),
        migrations.AddConstraint(
            "salaryrecalculation",
            models.CheckConstraint(condition=models.Q(pk=1), name="jobs_salaryrecalculation_one_row"),
        ),
        migrations.RunPython(seed, migrations.RunPython.noop),
        migrations.RunSQL(TRIGGER, NO_TRIGGER),
    ]
