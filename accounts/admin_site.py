"""Admin site with two-factor login of the staff."""

from base64 import b32encode
from textwrap import wrap
from typing import Any

import django_otp
import segno
from django import forms
from django.conf import settings
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth import authenticate
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, path
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django_otp.plugins.otp_totp.models import TOTPDevice, default_key

from accounts.exceptions import LoginClosed, OTPRequired
from accounts.two_factor import enrol, must_enrol, requires_otp
from anywork import sites

# Until the device is enrolled, its key is in the session alone.
KEY = "otp_key"
# Pages for a member of the staff without a device.
OPEN_PAGES = {"two_factor", "logout"}


def code_field(**options: Any) -> forms.CharField:
    """Return the field of a code."""
    attributes = {"autocomplete": "one-time-code", "autocapitalize": "none", "spellcheck": "false"}
    return forms.CharField(max_length=32, widget=forms.TextInput(attributes), **options)


class SignInForm(AdminAuthenticationForm):
    """Django's form, with the code of an authenticator app, and with the messages of our exceptions."""

    otp_token = code_field(
        label="Authenticator code", required=False, help_text="Or a recovery code. Empty at your first login."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not settings.ADMIN_TOTP_REQUIRED:
            del self.fields["otp_token"]

    def clean(self) -> dict[str, Any]:
        values = self.cleaned_data
        if "username" not in values or "password" not in values:
            return values
        try:
            user = authenticate(
                self.request,
                username=values["username"],
                password=values["password"],
                otp=values.get("otp_token", ""),
            )
        except (LoginClosed, OTPRequired) as error:
            raise ValidationError(str(error.detail)) from error
        if user is None:
            raise self.get_invalid_login_error()
        self.user_cache = user
        self.confirm_login_allowed(user)
        return values


class EnrolmentForm(forms.Form):
    """Proof that the authenticator app has the key."""

    code = code_field(label="Code that the app shows")


class AdminSite(sites.AdminSite):
    """The admin site; with ADMIN_TOTP_REQUIRED, only for those who have logged in with a code."""

    login_form = SignInForm
    login_template = "accounts/login.html"

    def has_permission(self, request: HttpRequest) -> bool:
        if not super().has_permission(request):
            return False
        user: Any = request.user
        if not requires_otp(user) or user.otp_device is not None:
            return True
        return request.resolver_match is not None and request.resolver_match.url_name in OPEN_PAGES

    @method_decorator(never_cache)
    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        user: Any = request.user
        # A superuser who is no staff would be sent back here.
        if request.method == "GET" and must_enrol(user) and super().has_permission(request):
            return redirect("admin:two_factor")
        return super().login(request, extra_context)

    def get_urls(self) -> list[URLPattern | URLResolver]:
        # First: the last one of Django's catches all.
        return [path("two-factor/", self.admin_view(self.two_factor), name="two_factor"), *super().get_urls()]

    def two_factor(self, request: HttpRequest) -> HttpResponse:
        """Show the key of a new device; store the device when its code is right, and show the recovery codes once."""
        user: Any = request.user
        if not must_enrol(user):
            return redirect("admin:index")
        key = request.session.setdefault(KEY, default_key())
        form = EnrolmentForm(request.POST or None)
        context: dict[str, Any] = {
            **self.each_context(request),
            "available_apps": [],
            "is_nav_sidebar_enabled": False,
            "title": "Set up two-factor login",
            "form": form,
        }
        if form.is_valid():
            try:
                device, context["recovery_codes"] = enrol(user=user, key=key, code=form.cleaned_data["code"])
            except OTPRequired:
                form.add_error("code", "This is not the code for this key. Check the clock of your phone.")
            else:
                del request.session[KEY]
                request.session.cycle_key()
                django_otp.login(request, device)
                return TemplateResponse(
                    request, "accounts/recovery_codes.html", {**context, "title": "Your recovery codes"}
                )
        device = TOTPDevice(user=user, key=key)
        context["secret"] = " ".join(wrap(b32encode(device.bin_key).decode(), 4))
        context["qr_code"] = segno.make(device.config_url).svg_data_uri(scale=4, light="#fff")
        return TemplateResponse(request, "accounts/two_factor.html", context)
