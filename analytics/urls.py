"""/api/analytics/."""

from rest_framework.routers import SimpleRouter

from analytics import views

router = SimpleRouter()
router.register("analytics", views.AnalyticsViewSet, basename="analytics")

urlpatterns = router.urls
