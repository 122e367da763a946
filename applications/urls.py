"""/api/applications/."""

from rest_framework.routers import SimpleRouter

from applications import views

router = SimpleRouter()
router.register("applications", views.ApplicationViewSet, basename="application")

urlpatterns = router.urls
