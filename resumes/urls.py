"""/api/resumes/."""

from rest_framework.routers import SimpleRouter

from resumes import views

router = SimpleRouter()
router.register("resumes", views.ResumeViewSet, basename="resume")

urlpatterns = router.urls
