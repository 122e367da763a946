"""Figures of the admin site, by day."""

from django.db import models
from django.utils import timezone


class DailyFigure(models.Model):
    """Last known value of a figure of `anywork.figures` on one day (UTC)."""

    name = models.CharField(max_length=50)
    day = models.DateField()
    value = models.BigIntegerField()
    recorded_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("day", "name")
        default_permissions = ()
        # Also for the chart, which reads the days of all figures.
        constraints = (models.UniqueConstraint(fields=("day", "name"), name="anywork_dailyfigure_unique_day_name"),)

    def __str__(self) -> str:
        return f"{self.name}, {self.day}: {self.value}"
