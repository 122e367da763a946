"""Unsubscribe links, and the page that they open.

The links work without a login and do not expire, so that an old email can still be unsubscribed from.
"""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.http import urlencode
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from accounts.models import User
from jobs.saving.models import Frequency, SavedSearch
from jobs.saving.querysets import SavedSearchQuerySet
from notifications.choices import Channel, NotificationKind
from notifications.preferences import change_preferences

PAGE = "notifications/unsubscribe.html"

_signer = Signer(salt="notifications.unsubscribe")


def unsubscribe_url(user_id: UUID, kind: str, saved_search_id: UUID | None = None) -> str:
    """Return the absolute URL that unsubscribes this user from emails of this kind, or of one saved search."""
    token = _signer.sign_object([str(user_id), kind, *([str(saved_search_id)] if saved_search_id else [])])
    # In the query string, which is not logged.
    return f"{settings.PUBLIC_URL}{reverse('unsubscribe')}?{urlencode({'token': token})}"


# The signed token authorizes the request, and a mail client that posts for its user (RFC 8058) has no cookie.
@method_decorator((csrf_exempt, never_cache), name="dispatch")
class UnsubscribeView(View):
    """Unsubscribe page. GET only asks, since mail scanners follow links; POST unsubscribes."""

    http_method_names = ["get", "head", "post"]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        try:
            user_id, kind, *search = _signer.unsign_object(request.GET.get("token", ""))
        except BadSignature:
            user = None
        else:
            user = User.objects.filter(pk=user_id).first()
        if user is None:
            return render(request, PAGE, {"state": "unknown"}, status=404)
        # None of them if it was deleted since.
        searches = SavedSearch.objects.visible_to(user).filter(pk__in=search) if search else None
        return super().dispatch(request, user, kind, searches)

    def get(self, request: HttpRequest, user: User, kind: str, searches: SavedSearchQuerySet | None) -> HttpResponse:
        return self._render(request, kind, searches, "asked")

    def post(self, request: HttpRequest, user: User, kind: str, searches: SavedSearchQuerySet | None) -> HttpResponse:
        if searches is None:
            change_preferences(user=user, choices={kind: {Channel.EMAIL: False}})
        else:
            searches.update(frequency=Frequency.OFF)
        return self._render(request, kind, searches, "done")

    def _render(
        self, request: HttpRequest, kind: str, searches: SavedSearchQuerySet | None, state: str
    ) -> HttpResponse:
        label = NotificationKind(kind).label if searches is None else "New jobs of one saved search"
        return render(request, PAGE, {"state": state, "kind": label})
