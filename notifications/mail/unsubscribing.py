"""The page that switches a kind of mail off, for who has a link of such a mail."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from accounts.models import User
from notifications.mail.links import read_unsubscribe_token
from notifications.models import NotificationPreference
from notifications.preferences import Channel, change_preferences

PAGE = "notifications/unsubscribe.html"


# The signed link is the proof, and a mail client that posts for its user (RFC 8058) has no cookie.
@method_decorator((csrf_exempt, never_cache), name="dispatch")
class UnsubscribeView(View):
    """GET asks, since programs that look through mails follow links; POST does it."""

    http_method_names = ["get", "head", "post"]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        choice = read_unsubscribe_token(request.GET.get("token", ""))
        user = User.objects.filter(pk=choice[0]).first() if choice else None
        if choice is None or user is None:
            return render(request, PAGE, {"state": "unknown"}, status=404)
        return super().dispatch(request, user, choice[1])

    def get(self, request: HttpRequest, user: User, kind: str) -> HttpResponse:
        return self._answer(request, kind, "asked")

    def post(self, request: HttpRequest, user: User, kind: str) -> HttpResponse:
        change_preferences(user=user, choices={kind: {Channel.EMAIL: False}})
        return self._answer(request, kind, "done")

    def _answer(self, request: HttpRequest, kind: str, state: str) -> HttpResponse:
        return render(request, PAGE, {"state": state, "kind": NotificationPreference.Kind(kind).label})
