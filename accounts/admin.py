from collections.abc import Callable
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db.models import BooleanField, ExpressionWrapper, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from accounts.erasure import erase_account
from accounts.exceptions import LoginClosed
from accounts.models import AuditEvent, Employer, JobSeeker, Role, Session, Skill, User
from accounts.querysets import SessionQuerySet, is_usable
from accounts.services import (
    block_account,
    end_session,
    ensure_profile,
    handle_email_change,
    unblock_account,
)
from anywork.admin import AuditedAdmin, FixedRowsAdmin, RecordAdmin
from anywork.api.emails import canonical_email

# Fields by which a member of the staff could raise its own permissions.
GRANTS = ("is_staff", "is_superuser", "groups", "user_permissions")


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
    search_fields = ("email", "^user_id")
    ordering = ("-created_at", "pk")
    actions = ("block", "unblock")
    readonly_fields = (
        "user_id",
        "profile",
        "google_sub",
        "email_verified_at",
        "last_login",
        "created_at",
        "updated_at",
    )
    add_fieldsets = (
        (None, {"fields": ("email", "role", "usable_password", "password1", "password2")}),
        ("Permissions", {"fields": ("is_staff", "is_superuser")}),
    )
    fieldsets = (
        (None, {"fields": ("email", "password", "role", "profile", "is_active")}),
        ("Permissions", {"fields": GRANTS, "classes": ("collapse",)}),
        (
            "Record",
            {"fields": ("user_id", "google_sub", "email_verified_at", "last_login", "created_at", "updated_at")},
        ),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        fields = tuple(super().get_readonly_fields(request, obj))
        if obj is not None and obj.role:
            # Chosen once, as in the API: the profile and its rows would be left over.
            fields += ("role",)
        if not self.has_block_permission(request):
            fields += ("is_active",)
        return fields if request.user.is_superuser else fields + GRANTS

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

    @admin.action(description="Block selected users", permissions=["block"])
    def block(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        self._each(request, queryset, block_account, "blocked")

    @admin.action(description="Unblock selected users", permissions=["block"])
    def unblock(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        self._each(request, queryset, unblock_account, "unblocked")

    def _each(self, request: HttpRequest, queryset: QuerySet[User], service: Callable[..., None], outcome: str) -> None:
        # Not the administrator, who may have selected all users.
        users = [user for user in queryset if user != request.user and not is_above(request, user)]
        for user in users:
            service(user=user)
            self.log_change(request, user, outcome.capitalize())
        self.message_user(request, f"{len(users)} {outcome}.", messages.SUCCESS)

    def save_model(self, request: HttpRequest, obj: User, form: forms.ModelForm, change: bool) -> None:  # noqa: FBT001
        if change and "email" in form.changed_data:
            # Only the old address was verified.
            obj.email_verified_at = None
        is_active = obj.is_active
        if change and "is_active" in form.changed_data:
            # Set by the service, which also closes or opens jobs.
            obj.is_active = not is_active
        super().save_model(request, obj, form, change)
        ensure_profile(obj)
        if change and "email" in form.changed_data:
            handle_email_change(user=obj, former_address=form.initial["email"])
        if obj.is_active != is_active:
            (unblock_account if is_active else block_account)(user=obj)

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

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return admin.ModelAdmin.has_delete_permission(self, request, obj)


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

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).annotate(is_alive=ExpressionWrapper(is_usable(), BooleanField()))

    def heading(self, obj: Session) -> str:
        return f"{obj.device or 'Unknown device'}, {obj.user}"

    @admin.display(boolean=True, description="alive")
    def is_alive(self, obj: Any) -> bool:
        return obj.is_alive

    @admin.action(description="End selected sessions", permissions=["act"])
    def end_sessions(self, request: HttpRequest, queryset: SessionQuerySet) -> None:
        sessions = [
            session
            for session in queryset.filter(is_alive=True).select_related("user")
            if not is_above(request, session.user)
        ]
        for session in sessions:
            end_session(session=session)
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


class SignInForm(AdminAuthenticationForm):
    """Django's form, with the message of LoginClosed."""

    def clean(self) -> dict[str, Any]:
        try:
            return super().clean()
        except LoginClosed as error:
            raise ValidationError(str(error.detail)) from error


admin.site.login_form = SignInForm

admin.site.unregister(Group)


@admin.register(Group)
class GroupAdmin(AuditedAdmin, DjangoGroupAdmin):
    """Groups of permissions."""
