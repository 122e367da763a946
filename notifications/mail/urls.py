"""/mail/: links in emails that this server handles itself."""

from django.urls import path

from notifications.mail.unsubscribing import UnsubscribeView

urlpatterns = [path("unsubscribe/", UnsubscribeView.as_view(), name="unsubscribe")]
