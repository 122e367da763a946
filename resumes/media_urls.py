"""/media/resumes/: the only URLs below /media/."""

from django.urls import path

from resumes import views

urlpatterns = [path("resumes/<uuid:resume_id>.pdf", views.ResumeFileView.as_view(), name="resume-file")]
