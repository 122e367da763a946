"""/api/auth/, profiles, skills, settings of employers, and employers that job seekers refuse."""

from django.urls import include, path
from rest_framework.routers import SimpleRouter

from accounts import account_views, auth_views, views

router = SimpleRouter()
router.register("jobseekers", views.JobSeekerViewSet, basename="jobseeker")
router.register("employers", views.EmployerViewSet, basename="employer")
router.register("blocked-employers", views.BlockedEmployerViewSet, basename="blocked-employer")
router.register("muted-employers", views.MutedEmployerViewSet, basename="muted-employer")
router.register("skills", views.SkillViewSet, basename="skill")

auth_urls = [
    path("register/", auth_views.RegisterView.as_view(), name="register"),
    path("login/", auth_views.LoginView.as_view(), name="login"),
    path("google/", auth_views.GoogleLoginView.as_view(), name="google"),
    path("google/link/", account_views.GoogleLinkView.as_view(), name="google-link"),
    path("refresh/", auth_views.RefreshView.as_view(), name="refresh"),
    path("logout/", auth_views.LogoutView.as_view(), name="logout"),
    path("logout-all/", account_views.LogoutAllView.as_view(), name="logout-all"),
    path("sessions/", account_views.SessionsView.as_view(), name="sessions"),
    path("sessions/<uuid:session_id>/", account_views.SessionView.as_view(), name="session"),
    path("me/", account_views.MeView.as_view(), name="me"),
    path("me/settings/", account_views.SettingsView.as_view(), name="settings"),
    path("me/email/", account_views.EmailChangeView.as_view(), name="email-change"),
    path("me/terms/", account_views.TermsView.as_view(), name="terms"),
    path("me/export/", account_views.ExportView.as_view(), name="export"),
    path("password/change/", account_views.PasswordChangeView.as_view(), name="password-change"),
    path("password/reset/", auth_views.PasswordResetView.as_view(), name="password-reset"),
    path("password/reset/confirm/", auth_views.PasswordResetConfirmView.as_view(), name="password-reset-confirm"),
    path("email/verify/", account_views.EmailVerificationView.as_view(), name="email-verify"),
    path("email/verify/confirm/", account_views.EmailVerificationConfirmView.as_view(), name="email-verify-confirm"),
]

urlpatterns = [
    path("auth/", include(auth_urls)),
    path("employer/settings/", views.EmployerSettingsView.as_view(), name="employer-settings"),
    *router.urls,
]
