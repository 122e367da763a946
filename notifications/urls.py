"""/api/notifications/ and /api/notification-preferences/."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from notifications import views

router = SimpleRouter()
router.register("notifications", views.NotificationViewSet, basename="notification")

urlpatterns = [
    path("notification-preferences/", views.PreferencesView.as_view(), name="notification-preferences"),
    *router.urls,
]
