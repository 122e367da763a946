"""URLs of the project."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path, re_path
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularSwaggerSplitView

from anywork.api import errors
from anywork.api.root import RootView
from anywork.api.schema_view import SchemaView
from anywork.operations import health, metrics

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="docs"), name="home"),
    path(f"{settings.ADMIN_PATH}/", admin.site.urls),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", metrics.metrics, name="metrics"),
    path("api/", RootView.as_view(), name="api-root"),
    path("api/schema/", SchemaView.as_view(), name="schema"),
    path(
        "api/docs/",
        SpectacularSwaggerSplitView.as_view(url_name="schema", template_name="anywork/swagger_ui.html"),
        name="docs",
    ),
    # First, because most requests are for jobs and applications.
    path("api/", include("jobs.urls")),
    path("api/", include("applications.urls")),
    path("api/", include("accounts.urls")),
    path("api/", include("resumes.urls")),
    path("api/", include("notifications.urls")),
    path("api/", include("analytics.urls")),
    path("", include("jobs.outside.urls")),
    path("mail/", include("notifications.mail.urls")),
    path("media/", include("resumes.media_urls")),
    # Not by handler404 only: with DEBUG on, Django responds with an HTML page.
    re_path(r"^api/", errors.not_found, name="unknown"),
]

handler400 = errors.bad_request
handler403 = errors.permission_denied
handler404 = errors.not_found
handler500 = errors.server_error
