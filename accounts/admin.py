from collections.abc import Callable, Iterator
from typing import Any, cast

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.contrib.auth.models import Group
from django.db.models import BooleanField, Count, ExpressionWrapper, OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts import services
from accounts.erasure import erase_account
from accounts.models import (
    AuditEvent,
    AuditKind,
    BlockedEmployer,
    Employer,
    JobSeeker,
    MutedEmployer,
    Role,
    Session,
    Skill,
    TermsAcceptance,
    User,
)
from accounts.querysets import SessionQuerySet, is_usable
from accounts.two_factor import devices_of, reset_two_factor
from anywork.admin import AuditedAdmin, FixedRowsAdmin, RecordAdmin, confirmed
from anywork.api.emails import canonical_email
from anywork.figures import Figure, admin_pages

# Fields by which a member of the staff could raise its own permissions.
GRANTS = ("is_staff", "is_superuser", "groups", "user_permissions")
RECORD = (
    *("user_id", "google_sub", "email_verified_at", "last_login", "last_seen_at", "asked_at"),
    *("created_at", "updated_at"),
)


def is_above(request: HttpRequest, user: User | None) -> bool:
    """Return whether only a superuser may act on this user: a member of the staff."""
    return user is not None and (user.is_staff or user.is_superuser) and not request.user.is_superuser


class EmailField(forms.EmailField):
    """Email address in canonical form, so that the form finds one that is in use."""

    def to_python(self, value: Any) -> str:
        text = super().to_python(value) or ""
        return canonical_email(text) if text else ""


class RoleRule(forms.ModelForm):
    """Requires "administrator" with the role of one, which otherwise has no permissions."""

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if values.get("role") == Role.ADMIN and not values.get("is_staff"):
            self.add_error("role", "Select “Administrator”, too.")
        return values


class UserAddForm(RoleRule, AdminUserCreationForm):
    class Meta:
        model = User
        fields = ("email", "role", "is_staff", "is_superuser")
        field_classes = {"email": EmailField}


class UserEditForm(RoleRule, UserChangeForm):
    class Meta:
        model = User
        fields = ("email", "password", "role", "is_staff")
        field_classes = {"email": EmailField}


@admin.register(User)
class UserAdmin(AuditedAdmin, DjangoUserAdmin):
    add_form = UserAddForm
    form = UserEditForm
    list_display = ("email", "role", "staff", "is_active", "is_verified", "created_at")
    list_filter = ("role", "is_active", "is_staff", "created_at")
    search_fields = ("email", "job_seeker__first_name", "job_seeker__last_name", "employer__company_name", "^user_id")
    ordering = ("-created_at", "pk")
    actions = ("block", "unblock", "end_all_sessions", "reset_two_factor")
    figures = (Figure(name="New users", rows=User.objects.all, day_field="created_at"),)
    readonly_fields = (*RECORD, "profile", "is_active", "block_reason")
    add_fieldsets = (
        (None, {"fields": ("email", "role", "usable_password", "password1", "password2")}),
        ("Permissions", {"fields": ("is_staff", "is_superuser")}),
    )
    fieldsets = (
        (None, {"fields": ("email", "password", "role", "profile", "is_active", "block_reason")}),
        ("Permissions", {"fields": GRANTS, "classes": ("collapse",)}),
        ("Record", {"fields": RECORD}),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        fields = tuple(super().get_readonly_fields(request, obj))
        if obj is not None and obj.role:
            # Chosen once, as in the API: the profile and its rows would be left over.
            fields += ("role",)
        return fields if request.user.is_superuser else fields + GRANTS

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        if obj := kwargs.get("obj"):
            context["related_lists"] = list(self._related_lists(request, obj))
        return super().render_change_form(request, context, *args, **kwargs)

    def _related_lists(self, request: HttpRequest, user: User) -> Iterator[tuple[str, int, str]]:
        """Yield name, number of rows and URL of each list with rows of `user`."""
        lists = [
            (page, lookup)
            for page in admin_pages(self.admin_site)
            if page.has_view_permission(request)
            for lookup in getattr(page, "user_lookups", ())
        ]
        counts = (
            Subquery(
                page.model.objects.filter(**{lookup: OuterRef("pk")}).order_by().values(lookup).values(n=Count("*"))
            )
            for page, lookup in lists
        )
        numbers = User.objects.filter(pk=user.pk).values_list(*counts).get() if lists else ()
        for (page, lookup), number in zip(lists, numbers, strict=True):
            if number:
                url = reverse(f"admin:{page.opts.app_label}_{page.opts.model_name}_changelist")
                yield str(page.opts.verbose_name_plural).capitalize(), number, f"{url}?{lookup}={user.pk}"

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_change_permission(request, obj) and not is_above(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_delete_permission(request, obj) and not is_above(request, obj)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple[list[str], dict[str, int], set[str], list]:
        """Return the rows for the confirmation page; the service handles dependent rows."""
        listed = [f"{obj}, with profile, files, letters, messages and sessions, for ever" for obj in objs]
        lacking = {"administrator" for obj in objs if is_above(request, obj)}
        return listed, {str(self.opts.verbose_name_plural): len(listed)}, lacking, []

    def delete_model(self, request: HttpRequest, obj: User) -> None:
        erase_account(obj, by=cast("User", request.user))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        for user in queryset:
            self.delete_model(request, user)

    def has_block_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("accounts.block_user")

    def has_end_sessions_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("accounts.change_session")

    def has_reset_two_factor_permission(self, request: HttpRequest) -> bool:
        return settings.ADMIN_TOTP_REQUIRED and request.user.is_superuser

    def acts_on(self, action: str, obj: User) -> bool:
        if action == "reset_two_factor":
            return devices_of(obj).exists()
        return {"block": obj.is_active, "unblock": not obj.is_active}.get(action, True)

    @admin.action(description="Block", permissions=["block"])
    @confirmed(
        "They are logged out everywhere and cannot log in. The open jobs of an employer are closed and its page is "
        "hidden; job seekers get neither emails nor notifications. Unblocking reverses all but the logout.",
        reason_help="Only the staff reads it.",
    )
    def block(self, request: HttpRequest, queryset: QuerySet[User], reason: str) -> None:
        self._each(request, queryset, services.block_account, "blocked", reason=reason)

    @admin.action(description="Unblock", permissions=["block"])
    @confirmed(
        "They can log in again. Jobs that were closed by the blocking open again, unless they have expired.",
        reason_help="Only the staff reads it.",
    )
    def unblock(self, request: HttpRequest, queryset: QuerySet[User], reason: str) -> None:
        self._each(request, queryset, services.unblock_account, "unblocked", reason=reason)

    @admin.action(description="End sessions", permissions=["end_sessions"])
    @confirmed("They are logged out on all devices, and can log in again.")
    def end_all_sessions(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        self._each(request, queryset, services.log_out_everywhere, "logged out")

    @admin.action(description="Reset two-factor login", permissions=["reset_two_factor"])
    @confirmed(
        "Authenticator app and recovery codes are deleted, and all sessions end. They set up another app when they log "
        "in to the admin site, by the password alone: make sure that they asked for it."
    )
    def reset_two_factor(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        users = [user for user in queryset if devices_of(user).exists()]
        for user in users:
            reset_two_factor(user=user)
            self.log_change(request, user, "Two-factor login reset")
        self.message_user(request, f"{len(users)} reset.", messages.SUCCESS)

    def _each(
        self,
        request: HttpRequest,
        queryset: QuerySet[User],
        service: Callable[..., Any],
        outcome: str,
        **reason: str,
    ) -> None:
        # Not the administrator, who may have selected all users.
        users = [user for user in queryset if user != request.user and not is_above(request, user)]
        for user in users:
            service(user=user, **reason)
            self.log_change(request, user, ": ".join([outcome.capitalize(), *reason.values()]))
        self.message_user(request, f"{len(users)} {outcome}.", messages.SUCCESS)
        if left_alone := queryset.count() - len(users):
            self.message_user(request, f"{left_alone} left unchanged: yourself, or staff.", messages.WARNING)

    def save_model(self, request: HttpRequest, obj: User, form: forms.ModelForm, change: bool) -> None:  # noqa: FBT001
        if change and "email" in form.changed_data:
            # Only the old address was verified.
            obj.email_verified_at = None
        super().save_model(request, obj, form, change)
        services.ensure_profile(obj)
        if change and "email" in form.changed_data:
            services.handle_email_change(user=obj, former_address=form.initial["email"])

    @admin.display(ordering="is_staff", empty_value="-")
    def staff(self, obj: User) -> str | None:
        return ("Superuser" if obj.is_superuser else "Staff") if obj.is_staff else None

    @admin.display(boolean=True, description="email verified", ordering="email_verified_at")
    def is_verified(self, obj: User) -> bool:
        return obj.email_verified_at is not None

    @admin.display(empty_value="-")
    def profile(self, obj: User) -> str | None:
        if obj.role not in {Role.JOB_SEEKER, Role.EMPLOYER}:
            return None
        model = JobSeeker if obj.role == Role.JOB_SEEKER else Employer
        url = reverse(f"admin:accounts_{model._meta.model_name}_change", args=[obj.pk])
        return format_html('<a href="{}">{}</a>', url, obj.get_role_display())


class ProfileAdmin(FixedRowsAdmin):
    """Base of admin pages of profiles, which are created with the role of a user."""

    readonly_fields = ("user",)
    ordering = ("-user__created_at", "pk")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        # Not in list_select_related: other pages list profiles as choices, and one without a name shows the address.
        return super().get_queryset(request).select_related("user")


@admin.register(JobSeeker)
class JobSeekerAdmin(ProfileAdmin):
    list_display = ("user", "first_name", "last_name", "phone_number")
    search_fields = ("user__email", "first_name", "last_name", "^user__user_id")
    list_filter = ("user__is_active",)


@admin.register(Employer)
class EmployerAdmin(ProfileAdmin):
    list_display = ("user", "company_name", "website")
    search_fields = ("user__email", "company_name", "^user__user_id")
    list_filter = ("user__is_active",)


@admin.register(Skill)
class SkillAdmin(RecordAdmin):
    """Skills can be deleted by administrators, but not changed."""

    list_display = ("name", "user")
    list_select_related = ("user",)
    search_fields = ("name", "user__email")
    # Folding ten thousand names that a search finds takes longer than finding them.
    ordering = ("pk",)
    user_lookups = ("user",)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return admin.ModelAdmin.has_delete_permission(self, request, obj)


class RefusedEmployerAdmin(RecordAdmin):
    list_display = ("since", "job_seeker", "employer")
    list_select_related = ("job_seeker__user", "employer__user")
    search_fields = ("job_seeker__user__email", "employer__user__email")
    fields = list_display
    user_lookups = ("job_seeker", "employer")


@admin.register(TermsAcceptance)
class TermsAcceptanceAdmin(RecordAdmin):
    list_display = ("user", "version", "at")
    list_select_related = ("user",)
    search_fields = ("user__email", "^version")
    ordering = ("-pk",)
    fields = list_display
    user_lookups = ("user",)


admin.site.register((BlockedEmployer, MutedEmployer), RefusedEmployerAdmin)


class SessionStateFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("alive", "Alive")]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet[Any]:
        return queryset.usable() if self.value() == "alive" else queryset


@admin.register(Session)
class SessionAdmin(RecordAdmin):
    list_display = ("user", "device", "address", "is_alive", "created_at", "last_used_at", "ended_at")
    list_filter = (SessionStateFilter,)
    list_select_related = ("user",)
    search_fields = ("user__email", "^session_id")
    ordering = ("-last_used_at", "pk")
    fields = ("session_id", "user", "device", "address", "is_alive", "created_at", "last_used_at", "ended_at")
    actions = ("end_sessions",)
    user_lookups = ("user",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).annotate(is_alive=ExpressionWrapper(is_usable(), BooleanField()))

    def heading(self, obj: Session) -> str:
        return f"{obj.device or 'Unknown device'}, {obj.user}"

    @admin.display(boolean=True, description="alive")
    def is_alive(self, obj: Any) -> bool:
        return obj.is_alive

    def acts_on(self, action: str, obj: Any) -> bool:
        return obj.is_alive

    @admin.action(description="End", permissions=["act"])
    @confirmed("Their users are logged out on these devices, and can log in again.")
    def end_sessions(self, request: HttpRequest, queryset: SessionQuerySet) -> None:
        sessions = [
            session
            for session in queryset.filter(is_alive=True).select_related("user")
            if not is_above(request, session.user)
        ]
        for session in sessions:
            services.end_session(session=session)
            self.log_change(request, session, "Ended")
        ended = len(sessions)
        self.message_user(request, f"{ended} sessions ended.", messages.SUCCESS)


@admin.register(AuditEvent)
class AuditEventAdmin(RecordAdmin):
    """Audit trail; the log of the admin site has the details of changes by administrators."""

    list_display = ("at", "kind", "user", "subject", "address")
    list_display_links = ("at", "kind")
    list_filter = ("kind", "at")
    list_select_related = ("user",)
    search_fields = ("user__email", "^user__user_id", "^subject", "^address")
    ordering = ("-at", "-pk")
    fields = ("at", "kind", "user", "subject", "address")
    user_lookups = ("user",)
    figures = (
        Figure(
            name="Failed logins",
            rows=lambda: AuditEvent.objects.filter(kind=AuditKind.SIGN_IN_FAILED),
            day_field="at",
            query=lambda: {"kind__exact": AuditKind.SIGN_IN_FAILED.value},
        ),
    )


# Its pages show the keys.
admin.site.unregister(TOTPDevice)

admin.site.unregister(Group)


@admin.register(Group)
class GroupAdmin(AuditedAdmin, DjangoGroupAdmin):
    """Groups of permissions."""
