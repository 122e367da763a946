"""/api/categories/, /api/locations/, /api/jobs/, /api/employer/jobs/."""

from rest_framework.routers import SimpleRouter

from jobs import views

router = SimpleRouter()
router.register("categories", views.CategoryViewSet, basename="category")
router.register("locations", views.LocationViewSet, basename="location")
router.register("jobs", views.JobViewSet, basename="job")
router.register("employer/jobs", views.EmployerJobViewSet, basename="employer-job")

urlpatterns = router.urls
