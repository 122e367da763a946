from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from jobs.batches import recalculate_salaries
from jobs.models import CurrencyRate, Job, SalaryRecalculation
from jobs.searching.versions import current_version
from jobs.tests.factories import JobFactory, LocationFactory
from jobs.tests.test_transfer import confirm, upload

pytestmark = pytest.mark.django_db

URL = "/api/jobs/"


@pytest.fixture(autouse=True)
def rates():
    CurrencyRate.objects.all().delete()
    CurrencyRate.objects.bulk_create(
        CurrencyRate(currency=currency, per_dollar=Decimal(rate))
        for currency, rate in (("USD", "1"), ("EUR", "0.8"), ("NGN", "1500"), ("JPY", "150"))
    )
    SalaryRecalculation.objects.all().delete()
    SalaryRecalculation.objects.create(pk=1, rules="")


@pytest.fixture
def jobs(rates):
    for title, salary in (
        ("Dollars", "$50,000 - $60,000 a year"),
        ("Euros", "€60,000 - €80,000 a year"),
        ("Naira", "₦6,000,000 - ₦15,000,000 per annum"),
        ("Euros by the hour", "€20 per hour"),
        ("Francs", "CHF 90,000 - 100,000 per year"),
        ("Euros, some time", "€3.5k"),
        ("No currency", "40k per year"),
        ("Silent", "negotiable"),
    ):
        JobFactory(title=title, salary_range=salary, location=LocationFactory(country="Germany"))


@pytest.fixture
def listed(anonymous):
    def titles(**parameters):
        response = anonymous.get(URL, parameters)
        assert response.status_code == 200, response.json()
        assert response.json()["count"] == len(response.json()["results"])
        return [row["title"] for row in response.json()["results"]]

    return titles


@pytest.mark.parametrize(
    ("parameters", "titles"),
    [
        # In dollars: 75,000 to 100,000; 52,000; 4,000 to 10,000.
        ({"salary_min": 60_000}, {"Dollars", "Euros"}),
        ({"salary_min": 60_001}, {"Euros"}),
        ({"salary_max": 52_000}, {"Dollars", "Naira", "Euros by the hour"}),
        ({"salary_max": 4_000}, {"Naira"}),
        (
            {"salary_min": 90_000, "include_unspecified": "true"},
            {"Euros", "Francs", "Euros, some time", "No currency", "Silent"},
        ),
        # In euros: 60,000 to 80,000; 41,600.
        ({"salary_currency": "EUR"}, {"Euros", "Euros by the hour", "Euros, some time"}),
        ({"salary_currency": "eur", "salary_min": 41_601}, {"Euros"}),
        ({"salary_currency": "EUR", "salary_max": 41_600}, {"Euros by the hour"}),
        (
            {"salary_currency": "EUR", "salary_min": 70_000, "include_unspecified": "true"},
            {"Euros", "Euros, some time"},
        ),
        # No rate is needed within a currency.
        ({"salary_currency": "CHF", "salary_min": 95_000}, {"Francs"}),
        ({"salary_currency": "GBP"}, set()),
        ({"salary_currency": "", "salary_min": 90_000}, {"Euros"}),
    ],
)
def test_anonymous_filters_by_pay_in_a_currency(listed, jobs, parameters, titles):
    assert set(listed(**parameters)) == titles


@pytest.mark.parametrize("value", ["EURO", "XXX", "€", "E", "EUR,USD"])
def test_anonymous_names_no_currency_and_is_refused(anonymous, value):
    response = anonymous.get(URL, {"salary_currency": value})

    assert response.status_code == 400
    assert list(response.json()["errors"]) == ["salary_currency"]


def test_anonymous_orders_by_pay_across_currencies_and_within_one(listed, jobs):
    known = ["Naira", "Euros by the hour", "Dollars", "Euros"]

    assert listed(ordering="salary")[:4] == known
    assert listed(ordering="-salary")[:4] == known[::-1]
    assert listed(ordering="salary", salary_currency="EUR") == ["Euros by the hour", "Euros", "Euros, some time"]
    assert listed(ordering="-salary", salary_currency="EUR") == ["Euros", "Euros by the hour", "Euros, some time"]


def test_facets_count_the_jobs_of_a_currency(anonymous, jobs):
    facets = anonymous.get(f"{URL}facets/", {"salary_currency": "EUR", "salary_min": 999_999}).json()

    assert facets["count"] == 0
    assert {"filter": "salary_currency", "count": 0} not in facets["without"]
    assert {"filter": "salary_min", "count": 3} in facets["without"]


def recalculate(**kwargs):
    recalculate_salaries(seconds=60, **kwargs)


def test_change_of_a_rate_is_carried_into_the_jobs_and_makes_a_new_version(listed, jobs):
    recalculate()
    before = current_version()
    CurrencyRate.objects.filter(pk="EUR").update(per_dollar=8)
    CurrencyRate.objects.create(currency="CHF", per_dollar=1)
    CurrencyRate.objects.get(pk="NGN").delete()

    recalculate(batch_size=3)

    assert SalaryRecalculation.objects.get().is_done
    assert current_version() != before
    assert listed(ordering="-salary")[:4] == ["Francs", "Dollars", "Euros", "Euros by the hour"]
    assert Job.objects.get(title="Euros").salary_base_maximum == 10_000
    assert Job.objects.get(title="Euros").salary_maximum == 80_000
    assert Job.objects.get(title="Naira").salary_base_maximum is None


def test_nothing_is_written_where_nothing_changed(jobs):
    recalculate()
    before = current_version()
    CurrencyRate.objects.filter(pk="JPY").update(per_dollar=151)

    recalculate()

    assert current_version() == before
    with CaptureQueriesContext(connection) as queries:
        recalculate()
    assert len([query for query in queries if "SAVEPOINT" not in query["sql"]]) == 1


def test_base_currency_is_another(listed, jobs, settings):
    settings.BASE_CURRENCY = "EUR"
    recalculate()

    assert Job.objects.get(title="Dollars").salary_base_maximum == 48_000
    assert set(listed(salary_min=48_000, salary_max=48_000)) == {"Dollars"}
    settings.BASE_CURRENCY = "CHF"
    recalculate()
    assert Job.objects.get(title="Francs").salary_base_maximum == 100_000
    assert Job.objects.get(title="Dollars").salary_base_maximum is None


def test_jobs_of_the_former_release_are_read_again_in_batches():
    JobFactory.create_batch(7, salary_range="€20 per hour", location=LocationFactory(country="Germany"))
    stated = JobFactory(salary_source="stated", salary_paid_minimum=5, salary_currency="EUR", salary_period="hour")
    Job.objects.exclude(pk=stated.pk).update(
        salary_source="", salary_paid_minimum=None, salary_minimum=1, salary_currency="USD", salary_base_minimum=1
    )
    with CaptureQueriesContext(connection) as few:
        recalculate(batch_size=100)
    assert set(
        Job.objects.exclude(pk=stated.pk).values_list("salary_source", "salary_minimum", "salary_base_minimum")
    ) == {("read", 41_600, 52_000)}
    stated.refresh_from_db()
    assert (stated.salary_source, stated.salary_minimum) == ("stated", 10_400)

    Job.objects.exclude(pk=stated.pk).update(salary_source="")
    SalaryRecalculation.objects.update(rules="older")
    recalculate(batch_size=2)

    assert not Job.objects.filter(salary_source="").exists()
    # Of one batch that found rows and one that found none.
    assert len(few) <= 14


def test_recalculation_stops_after_its_time_and_goes_on_where_it_was():
    JobFactory.create_batch(4, salary_range="€20 per hour", location=LocationFactory(country="Germany"))
    Job.objects.update(salary_source="")

    recalculate_salaries(seconds=0, batch_size=3)
    assert Job.objects.filter(salary_source="read").count() == 3
    recalculate_salaries(seconds=0, batch_size=3)
    assert Job.objects.filter(salary_source="read").count() == 4


def test_salary_that_is_too_large_in_the_base_currency_is_not_compared(client_for, anonymous):
    CurrencyRate.objects.create(currency="KWD", per_dollar=Decimal("0.000001"))
    job = JobFactory()
    salary = {"minimum": 0, "maximum": 999_999_999_999, "currency": "KWD", "period": "hour"}

    assert client_for(job.employer.user).patch(f"{URL}{job.pk}/", {"salary": salary}).status_code == 200

    job.refresh_from_db()
    assert (job.salary_base_minimum, job.salary_base_maximum) == (0, None)
    assert job.salary_maximum == 999_999_999_999 * 2_080


class TestAdmin:
    LIST = "admin:jobs_currencyrate_changelist"

    def test_administrator_edits_rates_in_the_list(self, admin_client):
        recalculate()
        rows = {
            f"form-{number}-{field}": value
            for number, rate in enumerate(CurrencyRate.objects.order_by("pk"))
            for field, value in (("currency", rate.pk), ("per_dollar", "2"), ("date", "2026-12-01"))
        }
        form = {"form-TOTAL_FORMS": 4, "form-INITIAL_FORMS": 4, **rows, "_save": "Save"}

        assert admin_client.post(reverse(self.LIST), form).status_code == 302

        assert set(CurrencyRate.objects.values_list("per_dollar", flat=True)) == {2}
        assert not SalaryRecalculation.objects.get().is_done

    @pytest.mark.parametrize(
        ("currency", "rate"), [("XXX", "1"), ("EUR", "1"), ("eur", "1"), ("CHF", "0"), ("CHF", "-1"), ("CHF", "")]
    )
    def test_administrator_adds_an_invalid_rate_and_is_refused(self, admin_client, currency, rate):
        form = {"currency": currency, "per_dollar": rate, "date": "2026-12-01"}

        response = admin_client.post(reverse("admin:jobs_currencyrate_add"), form)

        assert response.status_code == 200
        assert response.context["errors"]
        assert CurrencyRate.objects.count() == 4

    def test_administrator_imports_rates(self, admin_client):
        file = b"currency,per_dollar,date\nEUR,0.9,2026-12-01\nchf,0.8,2026-12-01\n"

        confirm(admin_client, upload(admin_client, file, "currencyrate"), "currencyrate")

        assert CurrencyRate.objects.get(pk="EUR").per_dollar == Decimal("0.9")
        assert str(CurrencyRate.objects.get(pk="CHF").date) == "2026-12-01"
        assert CurrencyRate.objects.count() == 5


def test_migration_seeds_forty_currencies():
    from importlib import import_module  # noqa: PLC0415 - its name begins with a digit

    seeded = import_module("jobs.migrations.0017_currency_rates").RATES

    assert len(seeded) == 40
    assert seeded["USD"] == "1"
