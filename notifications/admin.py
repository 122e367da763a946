from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.timesince import timesince, timeuntil
from django.views.decorators.clickjacking import xframe_options_sameorigin

from anywork.admin import AuditedAdmin, RecordAdmin, confirmed
from anywork.figures import Figure
from notifications.choices import STOPPED, UNSENT, WAITING, EmailState
from notifications.mail.delivery import message_id
from notifications.mail.explaining import explain
from notifications.mail.outbox import hold_emails, requeue_emails
from notifications.mail.status import LATE, age_of_oldest
from notifications.models import Notification, NotificationPreference, OutgoingEmail
from notifications.querysets import OutgoingEmailQuerySet

# No scripts, no forms, nothing from elsewhere, and no access to the admin site.
PREVIEW_POLICY = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'"
)


def _due() -> OutgoingEmailQuerySet:
    return OutgoingEmail.objects.due(timezone.now())


def _due_query() -> dict[str, str]:
    return {"state__in": ",".join(UNSENT), "next_attempt_at__lte": timezone.now().isoformat()}


@admin.register(Notification)
class NotificationAdmin(AuditedAdmin):
    list_display = ("message", "sender", "user", "is_read", "created_at")
    list_filter = ("is_read", "created_at")
    list_select_related = ("sender", "user")
    search_fields = ("user__email", "^notification_id")
    ordering = ("-created_at", "-pk")
    autocomplete_fields = ("user",)
    readonly_fields = ("sender", "created_at")
    user_lookups = ("user",)

    def heading(self, obj: Notification) -> str:
        return f"To {obj.user}"

    def get_readonly_fields(self, request: HttpRequest, obj: Notification | None = None) -> tuple[str, ...]:
        # A sent message is not changed.
        return (*self.readonly_fields, "user", "message") if obj else self.readonly_fields


@admin.register(NotificationPreference)
class NotificationPreferenceAdmin(RecordAdmin):
    """Preferences that differ from the default, to explain why a user gets an email or not."""

    list_display = ("user", "kind", "channel", "is_enabled", "changed_at")
    list_filter = ("kind", "channel", "is_enabled")
    list_select_related = ("user",)
    search_fields = ("user__email",)
    ordering = ("-pk",)


class StateFilter(admin.SimpleListFilter):
    """State, with the numbers of emails that are not done; counting all would read every row."""

    title = "state"
    parameter_name = "state__exact"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        waiting = OutgoingEmail.objects.filter(Q(state__in=UNSENT) | Q(state__in=STOPPED))
        numbers = dict(waiting.order_by().values_list("state").annotate(number=Count("pk")))
        return [
            (state, f"{label} ({numbers[state]})" if state in numbers else label) for state, label in EmailState.choices
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(state=self.value()) if self.value() else queryset


@admin.register(OutgoingEmail)
class OutgoingEmailAdmin(RecordAdmin):
    """Outbox, to find out why an email did not arrive."""

    list_display = ("to", "kind", "progress", "attempts", "last_error", "age")
    list_filter = (StateFilter, "created_at")
    # By key: a bounce quotes the Message-ID, which contains email_id.
    search_fields = ("to__exact", "^email_id", "dedup_key__exact", "^application__application_id")
    search_help_text = "The whole address, or the id of the email or of an application."
    ordering = ("-created_at", "-pk")
    fieldsets = (
        (None, {"fields": ("to", "recipient", "subject", "kind", "dedup_key")}),
        (
            "Delivery",
            {
                "fields": (
                    "explanation",
                    "state",
                    "attempts",
                    "possible_duplicates",
                    "last_error",
                    "created_at",
                    "next_attempt_at",
                    "give_up_at",
                    "locked_until",
                    "sent_at",
                    "message_id",
                )
            },
        ),
        ("Content", {"fields": ("text", "html_preview")}),
    )
    actions = ("send_again", "hold")
    user_lookups = ("recipient",)
    figures = (
        Figure(name="Emails due", rows=_due, query=_due_query),
        Figure(
            name="Oldest due",
            rows=_due,
            measure=lambda rows: age_of_oldest(rows, timezone.now()),
            in_words=lambda seconds: str(timedelta(seconds=seconds)) if seconds else "-",
            query=_due_query,
            worry_from=int(LATE.total_seconds()),
        ),
        Figure(
            name="Emails given up",
            rows=lambda: OutgoingEmail.objects.filter(state=EmailState.DEAD),
            query=lambda: {"state": EmailState.DEAD.value},
            worry_from=1,
        ),
    )

    def heading(self, obj: OutgoingEmail) -> str:
        return f"{obj.subject}, to {obj.to}"

    @admin.display(ordering="created_at")
    def age(self, obj: OutgoingEmail) -> str:
        return timesince(obj.created_at, depth=1)

    @admin.display(description="state", ordering="state")
    def progress(self, obj: OutgoingEmail) -> str:
        state = obj.get_state_display()
        if obj.state not in WAITING:
            return state
        is_due = obj.next_attempt_at <= timezone.now()
        return f"{state}, due" if is_due else f"{state}, due in {timeuntil(obj.next_attempt_at, depth=1)}"

    @admin.display(description="Message-ID")
    def message_id(self, obj: OutgoingEmail) -> str:
        return message_id(obj)

    @admin.display(description="what happened")
    def explanation(self, obj: OutgoingEmail) -> str:
        return explain(obj)

    @admin.display(description="HTML")
    def html_preview(self, obj: OutgoingEmail) -> str:
        if not obj.html:
            return f"Deleted {settings.MAIL_BODY_DAYS} days after it was sent."
        url = reverse("admin:notifications_outgoingemail_preview", args=[obj.pk])
        return format_html('<iframe src="{}" title="HTML preview" width="680" height="560"></iframe>', url)

    def get_urls(self) -> list[Any]:
        preview = self.admin_site.admin_view(xframe_options_sameorigin(self.preview))
        return [
            path("<uuid:email_id>/preview/", preview, name="notifications_outgoingemail_preview"),
            *super().get_urls(),
        ]

    def preview(self, request: HttpRequest, email_id: UUID) -> HttpResponse:
        """The HTML of an email as its recipient gets it: the policy of the admin site would remove its styles."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        email = get_object_or_404(OutgoingEmail, pk=email_id)
        return HttpResponse(email.html, headers={"Content-Security-Policy": PREVIEW_POLICY})

    def acts_on(self, action: str, obj: OutgoingEmail) -> bool:
        return obj.state in WAITING if action == "hold" else obj.state not in UNSENT

    @admin.action(description="Send again", permissions=["act"])
    @confirmed("They are sent within seconds, also those that were sent already. Those without their text are not.")
    def send_again(self, request: HttpRequest, queryset: OutgoingEmailQuerySet) -> None:
        self._apply(request, queryset, requeue_emails, "queued again")

    @admin.action(description="Hold", permissions=["act"])
    @confirmed("They are not sent until they are sent again from here. Those that were sent or given up stay as is.")
    def hold(self, request: HttpRequest, queryset: OutgoingEmailQuerySet) -> None:
        self._apply(request, queryset, hold_emails, "held")

    def _apply(
        self,
        request: HttpRequest,
        queryset: OutgoingEmailQuerySet,
        change: Callable[[OutgoingEmailQuerySet], list[OutgoingEmail]],
        outcome: str,
    ) -> None:
        # Counted before the change, after which a filter by state no longer matches.
        selected = queryset.count()
        changed = change(queryset)
        for email in changed:
            # The former state is only in the history.
            self.log_change(request, email, f"{outcome.capitalize()}, formerly {email.get_state_display()}.")
        if changed:
            self.message_user(request, f"{len(changed)} of {selected} emails {outcome}.", messages.SUCCESS)
        if left_alone := selected - len(changed):
            self.message_user(request, f"{left_alone} left unchanged because of their state.", messages.WARNING)
