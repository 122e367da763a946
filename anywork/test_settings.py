"""Settings of the test suite: the real ones, but for what would only make tests slow."""

import os
import uuid

os.environ.setdefault("SECRET_KEY", "only-for-tests-and-never-used-to-serve-requests-outside")
os.environ["SECURE_SSL_REDIRECT"] = "off"
# The databases of the tests have one role and no standby.
os.environ |= {"DATABASE_OWNER_URL": "", "DATABASE_REPLICA_URLS": ""}
# A test about rates sets those that it is about.
os.environ["THROTTLE_RATES"] = "off"
# Messages that no test is about go nowhere; tests of the broker start real processes with a real RabbitMQ, and two
# runs beside each other have each its own queue. Said here, because Celery prefers the environment to the settings.
os.environ["CELERY_BROKER_URL"] = "memory://"
os.environ["CELERY_QUEUE"] = f"anywork.test.{uuid.uuid4().hex}"

from anywork.settings import *  # noqa: F403 - the environment above comes first

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_AUTOREFRESH = True

# On a busy machine any count may be slow: none times out, or is served after a change.
JOB_SEARCH_LIMITS = {"search_count_ms": None, "filter_count_ms": None, "retry_seconds": 60, "slow_seconds": 60}
