"""/api/auth/, /api/jobseekers/, /api/employers/, /api/skills/."""

from django.urls import include, path
from rest_framework.routers import SimpleRouter

from accounts import auth_views, views

router = SimpleRouter()
router.register("jobseekers", views.JobSeekerViewSet, basename="jobseeker")
router.register("employers", views.EmployerViewSet, basename="employer")
router.register("skills", views.SkillViewSet, basename="skill")

auth_urls = [
    path("register/", auth_views.RegisterView.as_view(), name="register"),
    path("login/", auth_views.LoginView.as_view(), name="login"),
    path("google/", auth_views.GoogleLoginView.as_view(), name="google"),
    path("refresh/", auth_views.RefreshView.as_view(), name="refresh"),
    path("logout/", auth_views.LogoutView.as_view(), name="logout"),
    path("me/", auth_views.MeView.as_view(), name="me"),
]

urlpatterns = [path("auth/", include(auth_urls)), *router.urls]
