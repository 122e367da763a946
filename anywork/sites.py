"""The admin site."""

from typing import Any

from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest
from django.template.response import TemplateResponse

from anywork.figures import cards_for


class AdminSite(admin.AdminSite):
    """Django's admin site with figures on its first page."""

    site_header = site_title = "AnyWork"
    index_title = "Administration"
    site_url = settings.FRONTEND_URL

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        cards = cards_for(request, self)
        worries = [card for card in cards if card.is_worry]
        return super().index(request, {"cards": cards, "worries": worries, **(extra_context or {})})
