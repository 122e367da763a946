"""Figures on the first page of the admin site, each with yesterday's and a chart of 30 days."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.apps import apps
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from anywork.models import DailyFigure

DAYS = 30
_DAY = timedelta(days=1)
# Of a chart, in the units of its SVG.
_BAR_WIDTH = 10
_HEIGHT = 60


def count(rows: QuerySet[Any]) -> int:
    return rows.count()


@dataclass(frozen=True, kw_only=True)
class Figure:
    """Number about the rows of an admin page, declared in `figures` of that page."""

    name: str
    rows: Callable[[], QuerySet[Any]]
    # Field by which the rows of a day are found; without it, the figure is that of the present, and has no past.
    day_field: str = ""
    measure: Callable[[QuerySet[Any]], int] = count
    in_words: Callable[[int], str] = "{:,}".format
    # Parameters of the list of the rows.
    query: Callable[[], Mapping[str, Any]] = dict
    # With a million rows, it takes longer than a page may: the page shows the last record.
    is_slow: bool = False
    # From this value on, there is something to do.
    worry_from: int | None = None

    def value(self, day: date) -> int:
        """Return the value of a day (UTC), or of the present."""
        if not self.day_field:
            return self.measure(self.rows())
        conditions = {f"{self.day_field}__gte": midnight(day), f"{self.day_field}__lt": midnight(day + _DAY)}
        return self.measure(self.rows().filter(**conditions))

    def url(self, page: admin.ModelAdmin) -> str:
        """Return the URL of the list of the rows."""
        name = f"{page.admin_site.name}:{page.opts.app_label}_{page.opts.model_name}_changelist"
        of_today = {f"{self.day_field}__gte": midnight(today())} if self.day_field else {}
        query = {**self.query(), **of_today}
        return f"{reverse(name)}?{urlencode(query)}"


@dataclass(frozen=True)
class Bar:
    """One day of a chart."""

    day: date
    words: str
    x: int
    y: float
    height: float


@dataclass(frozen=True)
class Card:
    """A figure as a page shows it."""

    name: str
    words: str
    yesterday: str
    url: str
    is_worry: bool
    # Time of the value, if it is not the present one.
    recorded_at: datetime | None
    bars: list[Bar]
    width: int = DAYS * _BAR_WIDTH
    chart_height: int = _HEIGHT


def today() -> date:
    """Return the present day (UTC)."""
    return timezone.now().date()


def midnight(day: date) -> datetime:
    """Return the beginning of a day (UTC)."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def admin_pages(site: admin.AdminSite) -> Iterator[admin.ModelAdmin]:
    """Return the admin pages of all models."""
    return (site.get_model_admin(model) for model in apps.get_models() if site.is_registered(model))


def record_figures(site: admin.AdminSite) -> None:
    """Record the figures of today, and of the days of the chart that have none; forget older ones."""
    days = _days()
    *_, yesterday, present = days
    recorded = set(DailyFigure.objects.values_list("day", "name"))
    rows = [
        DailyFigure(name=figure.name, day=day, value=figure.value(day))
        for _, figure in _figures(site)
        # Yesterday again: rows may have been added since its last record.
        for day in (days if figure.day_field else [present])
        if day in {yesterday, present} or (day, figure.name) not in recorded
    ]
    DailyFigure.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["day", "name"], update_fields=["value", "recorded_at"]
    )
    DailyFigure.objects.filter(day__lt=days[0]).delete()


def cards_for(request: HttpRequest, site: admin.AdminSite) -> list[Card]:
    """Return the figures about the rows that the user of `request` may view."""
    days = _days()
    recorded = {(row.day, row.name): row for row in DailyFigure.objects.filter(day__gte=days[0])}
    cards = []
    for page, figure in _figures(site):
        if page.has_view_permission(request):
            rows = {day: recorded.get((day, figure.name)) for day in days}
            # After midnight, the last record is that of yesterday.
            present = next(filter(None, reversed(rows.values())), None) if figure.is_slow else None
            if present is None:
                present = DailyFigure(value=figure.value(days[-1]))
            values = {**{day: row.value if row else None for day, row in rows.items()}, days[-1]: present.value}
            cards.append(_card(page, figure, values, present))
    return cards


def _card(page: admin.ModelAdmin, figure: Figure, values: Mapping[date, int | None], present: DailyFigure) -> Card:
    highest = max(value or 0 for value in values.values()) or 1
    bars = [
        Bar(
            day=day,
            words="-" if value is None else figure.in_words(value),
            x=index * _BAR_WIDTH,
            height=(height := round((value or 0) / highest * _HEIGHT, 1)),
            y=_HEIGHT - height,
        )
        for index, (day, value) in enumerate(values.items())
    ]
    return Card(
        name=figure.name,
        words=bars[-1].words,
        yesterday=bars[-2].words,
        url=figure.url(page),
        is_worry=figure.worry_from is not None and present.value >= figure.worry_from,
        recorded_at=present.recorded_at if present.pk else None,
        bars=bars,
    )


def _figures(site: admin.AdminSite) -> Iterator[tuple[admin.ModelAdmin, Figure]]:
    return ((page, figure) for page in admin_pages(site) for figure in getattr(page, "figures", ()))


def _days() -> list[date]:
    """Return the days of a chart, oldest first."""
    last = today()
    return [last - _DAY * past for past in reversed(range(DAYS))]
