"""/api/applications/, and the questions of /api/jobs/ and /api/employer/jobs/."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from applications import views

router = SimpleRouter()
router.register("applications", views.ApplicationViewSet, basename="application")
router.register("applications/(?P<application_id>[^/.]+)/notes", views.NoteViewSet, basename="note")

urlpatterns = [
    *router.urls,
    path(
        "applications/<str:application_id>/assessment/",
        views.AssessmentViewSet.as_view({"get": "retrieve", "put": "update"}),
        name="assessment",
    ),
    path("jobs/<job_id>/questions/", views.QuestionViewSet.as_view({"get": "list", "put": "replace"})),
    path("employer/jobs/<job_id>/questions/", views.EmployerQuestionViewSet.as_view({"get": "list"})),
]
