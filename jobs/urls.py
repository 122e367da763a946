"""/api/categories/, /api/locations/, /api/jobs/, /api/employer/jobs/, /api/saved-jobs/, /api/saved-searches/."""

from rest_framework.routers import SimpleRouter

from jobs import views
from jobs.saving.views import SavedJobViewSet, SavedSearchViewSet

router = SimpleRouter()
router.register("categories", views.CategoryViewSet, basename="category")
router.register("locations", views.LocationViewSet, basename="location")
router.register("jobs", views.JobViewSet, basename="job")
router.register("employer/jobs", views.EmployerJobViewSet, basename="employer-job")
router.register("saved-jobs", SavedJobViewSet, basename="saved-job")
router.register("saved-searches", SavedSearchViewSet, basename="saved-search")

urlpatterns = router.urls
