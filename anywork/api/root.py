"""Root of the API."""

from collections.abc import Mapping

from django.urls import reverse
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from anywork.api.schema import documented, operation
from anywork.api.viewsets import OfferedMethodsMixin

# By the names of their URLs.
RESOURCES: Mapping[str, str] = {
    "jobs": "job-list",
    "employer_jobs": "employer-job-list",
    "saved_jobs": "saved-job-list",
    "saved_searches": "saved-search-list",
    "categories": "category-list",
    "locations": "location-list",
    "resumes": "resume-list",
    "applications": "application-list",
    "jobseekers": "jobseeker-list",
    "employers": "employer-list",
    "skills": "skill-list",
    "notifications": "notification-list",
    "notification_preferences": "notification-preferences",
    "analytics": "analytics-list",
    "login": "login",
    "me": "me",
    "schema": "schema",
    "docs": "docs",
}


@documented(
    "Resources",
    get=operation(
        responses={200: {"type": "object", "additionalProperties": {"type": "string", "format": "uri"}}},
        response={"jobs": "https://api.example.org/api/jobs/", "docs": "https://api.example.org/api/docs/"},
    ),
)
class RootView(OfferedMethodsMixin, APIView):
    """URLs of the resources."""

    authentication_classes = ()
    permission_classes = ()

    def get(self, request: Request) -> Response:
        """List the resources.

        Returns the URLs of all resources, of the login and of the documentation.
        """
        return Response({name: request.build_absolute_uri(reverse(url)) for name, url in RESOURCES.items()})
