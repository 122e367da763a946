"""/media/resumes/: nothing else is served from the media folder, and nothing of it as a folder."""

from django.urls import path

from resumes import views

urlpatterns = [path("resumes/<uuid:resume_id>.pdf", views.ResumeFileView.as_view(), name="resume-file")]
