import factory

from accounts.tests.factories import JobSeekerFactory
from notifications.choices import Channel, EmailKind, NotificationKind
from notifications.models import Notification, NotificationPreference, OutgoingEmail


class NotificationFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Notification

    user = factory.LazyFunction(lambda: JobSeekerFactory().user)
    message = "Your application has been reviewed."


class OutgoingEmailFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = OutgoingEmail

    kind = EmailKind.APPLICATION_RECEIVED
    dedup_key = factory.Sequence(lambda n: f"application-received:{n}")
    recipient = factory.LazyFunction(lambda: JobSeekerFactory().user)
    to = factory.SelfAttribute("recipient.email")
    subject = "We received your application"
    text = "We received your application."
    html = "<p>We received your application.</p>"


class NotificationPreferenceFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = NotificationPreference

    user = factory.LazyFunction(lambda: JobSeekerFactory().user)
    kind = NotificationKind.APPLICATION_RECEIVED
    channel = Channel.EMAIL
    is_enabled = False
