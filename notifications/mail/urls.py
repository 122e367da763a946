"""/mail/: the links in emails that this server answers itself."""

from django.urls import path

from notifications.mail.unsubscribing import UnsubscribeView

urlpatterns = [path("unsubscribe/", UnsubscribeView.as_view(), name="unsubscribe")]
