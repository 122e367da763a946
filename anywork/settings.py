"""Settings, read from the environment; `.env.example` lists every variable.

SECRET_KEY and DATABASE_URL are required. Everything else has a default that is safe in production, so that a
deployment is these two, `migrate`, `collectstatic` and the three processes.
"""

import hashlib
import hmac
import re
from datetime import timedelta
from email.utils import parseaddr
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from corsheaders.defaults import default_headers
from django.core.exceptions import ImproperlyConfigured
from psycopg2.extensions import ISOLATION_LEVEL_REPEATABLE_READ

from anywork import __version__
from anywork.api import schema_settings
from anywork.api.throttling.rates import parse_rates
from anywork.environment import Env

BASE_DIR = Path(__file__).resolve().parent.parent

env = Env()
env.read_env(BASE_DIR / ".env")
if "DATABASE_URL" not in env.ENVIRON:
    # Written by `make run`, so that manage.py in a second terminal uses the same private server.
    env.read_env(BASE_DIR / "var" / "local.env")

# --- Core -------------------------------------------------------------------------------------------------------------

SECRET_KEY = env.str("SECRET_KEY")
# Former keys, the newest first: what they have signed stays valid.
SECRET_KEY_FALLBACKS = env.keys("SECRET_KEY_FALLBACKS")
DEBUG = env.bool("DEBUG", default=False)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
ROOT_URLCONF = "anywork.urls"
WSGI_APPLICATION = "anywork.wsgi.application"
LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = False
FORMAT_MODULE_PATH = "anywork.formats"

# URL of the single-page application; most links in emails lead there.
FRONTEND_URL = env.str("FRONTEND_URL", default="http://localhost:3000").rstrip("/")
# Public URL of this server; links in emails that it handles itself start with it.
PUBLIC_URL = env.str("PUBLIC_URL", default="http://localhost:8000").rstrip("/")
# Of the page of a job in that application, for sitemaps, feeds and structured data.
JOB_PAGE_URL = env.str("JOB_PAGE_URL", default=f"{FRONTEND_URL}/jobs/{{job_id}}")
# In which salaries of different currencies are compared, by the rates of jobs.models.CurrencyRate.
BASE_CURRENCY = env.str("BASE_CURRENCY", default="USD").strip().upper()
ADMIN_PATH = env.str("ADMIN_PATH", default="admin").strip("/")
# For load balancers and Prometheus: plain HTTP, any Host.
HEALTH_PATHS = ("/healthz", "/readyz", "/metrics")

INSTALLED_APPS = [
    # Before the admin site, because of its templates.
    "anywork",
    "anywork.apps.AdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "corsheaders",
    "rest_framework",
    "django_filters",
    "import_export",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "accounts",
    "jobs",
    "resumes",
    "applications",
    "notifications",
    "analytics",
]

MIDDLEWARE = [
    "anywork.middleware.MetricsMiddleware",
    "anywork.middleware.RequestIDMiddleware",
    "anywork.middleware.ErrorShapeMiddleware",
    "anywork.middleware.SecurityHeadersMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "anywork.middleware.RateLimitMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "anywork.middleware.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# --- PostgreSQL -------------------------------------------------------------------------------------------------------

_DAY_MS = 24 * 3_600 * 1_000
_STATEMENT_TIMEOUT_MS = env.int("DB_STATEMENT_TIMEOUT_MS", default=15_000, at_least=0, at_most=_DAY_MS)
_LOCK_TIMEOUT_MS = env.int("DB_LOCK_TIMEOUT_MS", default=5_000, at_least=0, at_most=_DAY_MS)

# Of every session. JIT and parallel workers cost more than a query of milliseconds gains. Memory and costs: with the
# defaults (4 MB, and costs of a spinning disk at which matching words is as cheap as comparing numbers) PostgreSQL
# reads every job to find those with a common word, which takes seconds for a million jobs.
DATABASE_PARAMETERS = {
    "statement_timeout": _STATEMENT_TIMEOUT_MS,
    "lock_timeout": _LOCK_TIMEOUT_MS,
    "jit": "off",
    "max_parallel_workers_per_gather": 0,
    "work_mem": "32MB",
    "random_page_cost": 1.1,
    "cpu_operator_cost": 0.025,
}
# Whether DATABASE_URL leads to PgBouncer in transaction mode, which takes no startup options: there, the parameters are
# those of the role (`manage.py configure_database_role`).
DB_POOLED = env.bool("DB_POOLED", default=False)


def _database(url: dict[str, Any], *, is_pooled: bool = False, **options: Any) -> dict[str, Any]:
    # Options of the driver, such as sslmode=require.
    options = {"connect_timeout": 3, "application_name": "anywork", **options, **url.get("OPTIONS", {})}
    if not is_pooled:
        parameters = " ".join(f"-c {name}={value}" for name, value in DATABASE_PARAMETERS.items())
        options["options"] = f"{parameters} {options.get('options', '')}"
    return {
        **url,
        "ENGINE": "anywork.database",
        "CONN_MAX_AGE": env.int("CONN_MAX_AGE", default=600, at_least=0),
        # Otherwise the first request after a restart or a fail-over of PostgreSQL fails.
        "CONN_HEALTH_CHECKS": True,
        # A cursor lives as long as its session.
        "DISABLE_SERVER_SIDE_CURSORS": is_pooled,
        "OPTIONS": options,
    }


DATABASES = {"default": _database(env.db_url("DATABASE_URL"), is_pooled=DB_POOLED)}
# The role that owns the tables, and `manage.py migrate` connects as; by default that of DATABASE_URL.
DATABASE_OWNER = _database(env.db_url("DATABASE_OWNER_URL")) if env.str("DATABASE_OWNER_URL", "") else {}
for _number, _url in enumerate(env.db_urls("DATABASE_REPLICA_URLS"), 1):
    # One snapshot for each response. One that does not answer shall cost a request two seconds at most.
    DATABASES[f"replica{_number}"] = _database(
        _url, isolation_level=ISOLATION_LEVEL_REPEATABLE_READ, connect_timeout=2, tcp_user_timeout=2_000
    )
DATABASE_ROUTERS = ["anywork.database.replicas.ReplicaRouter"]
REPLICA_MAX_LAG_SECONDS = env.int("REPLICA_MAX_LAG_SECONDS", default=5, at_most=3_600)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Cache ------------------------------------------------------------------------------------------------------------

_CACHE_URL = env.str("CACHE_URL", default="dbcache://")
_CACHE_BACKENDS = {"dbcache": "DatabaseCache", "redis": "RedisCache", "rediss": "RedisCache"}
if (_scheme := urlsplit(_CACHE_URL).scheme) not in _CACHE_BACKENDS:
    raise ImproperlyConfigured("CACHE_URL begins with none of dbcache://, redis:// and rediss://.")
CACHES = {
    "default": {
        "BACKEND": f"anywork.api.throttling.counting.{_CACHE_BACKENDS[_scheme]}",
        "LOCATION": _CACHE_URL,
        "KEY_PREFIX": "anywork",
    },
}

# --- Accounts and tokens ----------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
# A larger number overflows dates.
_CENTURY_DAYS = 36_500
# Days that the audit trail is kept.
AUDIT_DAYS = env.int("AUDIT_DAYS", default=180, at_most=_CENTURY_DAYS)
AUTHENTICATION_BACKENDS = ["accounts.backends.PasswordBackend"]
PASSWORD_HASHERS = [
    "accounts.hashers.Argon2idHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
AUTH_PASSWORD_VALIDATORS.append({"NAME": "accounts.password_validation.NameWithDigitsValidator"})


def _token_key(secret_key: str) -> str:
    """Derive a key, so that a leaked token key is not the key of sessions and signed links."""
    return hmac.new(secret_key.encode(), b"anywork.jwt", hashlib.sha256).hexdigest()


# Of tokens (accounts.token_keys): the first signs, all verify.
JWT_KEYS = [
    env.str("JWT_SIGNING_KEY", default=_token_key(SECRET_KEY)),
    *env.keys("JWT_SIGNING_KEY_FALLBACKS"),
    *map(_token_key, SECRET_KEY_FALLBACKS),
]
SIMPLE_JWT: dict[str, Any] = {
    "ALGORITHM": "HS256",
    "AUTH_TOKEN_CLASSES": ("accounts.token_keys.AccessToken",),
    "ISSUER": "anywork",
    "AUDIENCE": "anywork",
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=env.int("JWT_ACCESS_MINUTES", default=60)),
    "REFRESH_TOKEN_LIFETIME": timedelta(days=env.int("JWT_REFRESH_DAYS", default=7, at_most=_CENTURY_DAYS)),
    "USER_ID_FIELD": "user_id",
    "USER_ID_CLAIM": "user_id",
}
# Days after the login that a session ends, however often it is refreshed.
JWT_SESSION_DAYS = env.int("JWT_SESSION_DAYS", default=90, at_most=_CENTURY_DAYS)

GOOGLE_OAUTH_CLIENT_ID = env.str("GOOGLE_OAUTH_CLIENT_ID", default="")
GOOGLE_OAUTH_CLIENT_SECRET = env.str("GOOGLE_OAUTH_CLIENT_SECRET", default="")
# "postmessage" is the redirect URI of Google's pop-up flow; for the redirect flow, set the URL of the page.
GOOGLE_OAUTH_REDIRECT_URI = env.str("GOOGLE_OAUTH_REDIRECT_URI", default="postmessage")
GOOGLE_AUTH_URI = env.str("GOOGLE_AUTH_URI", default="https://accounts.google.com/o/oauth2/auth")
GOOGLE_TOKEN_URI = env.str("GOOGLE_TOKEN_URI", default="https://oauth2.googleapis.com/token")
# Certificates, not the JWK set: with the latter, google-auth ignores the allowed clock skew.
GOOGLE_CERTS_URI = env.str("GOOGLE_CERTS_URI", default="https://www.googleapis.com/oauth2/v1/certs")
GOOGLE_ISSUERS = env.list("GOOGLE_ISSUERS", default=["https://accounts.google.com", "accounts.google.com"])

# Whether posting a job, uploading a resume and applying require a verified email address.
REQUIRE_VERIFIED_EMAIL = env.bool("REQUIRE_VERIFIED_EMAIL", default=False)
# Minutes that applicants are not told of a rejection, which may be taken back until then; employers may choose another
# number.
DECISION_HOLD_MINUTES = env.int("DECISION_HOLD_MINUTES", default=0, at_least=0, at_most=4_320)
# Months after which decided applications are revoked and unused accounts erased, a month after a notice; 0: never.
RETENTION_MONTHS = env.int("RETENTION_MONTHS", default=0, at_least=0, at_most=1_200)
# Version of the terms of use that users accept before they write anything; "": there are none.
TERMS_VERSION = env.str("TERMS_VERSION", default="").strip()
# Whether the staff needs a code of an authenticator app to log in.
ADMIN_TOTP_REQUIRED = env.bool("ADMIN_TOTP_REQUIRED", default=False)
# Shown in the app.
OTP_TOTP_ISSUER = "AnyWork"
# Seconds that the links of accounts.account_links are valid: a day, since an email may be late.
PASSWORD_RESET_TIMEOUT = 24 * 60 * 60

# --- REST -------------------------------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["accounts.authentication.JWTAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_PARSER_CLASSES": ["anywork.api.parsers.JSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["anywork.api.renderers.JSONRenderer"],
    "DEFAULT_PAGINATION_CLASS": "anywork.api.pagination.PageNumberPagination",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "anywork.api.schema.AutoSchema",
    "DEFAULT_THROTTLE_CLASSES": ["anywork.api.throttling.throttle.RateThrottle"],
    "EXCEPTION_HANDLER": "anywork.api.errors.exception_handler",
    # One renderer and one shape: no `?format=`, no OPTIONS descriptions (middleware handles CORS preflight requests).
    "URL_FORMAT_OVERRIDE": None,
    "DEFAULT_METADATA_CLASS": None,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {**schema_settings.SPECTACULAR_SETTINGS, "VERSION": __version__}

CORS_ALLOWED_ORIGINS = env.list("CORS_ALLOWED_ORIGINS", default=[])
CORS_URLS_REGEX = r"^/(api|media)/"
# The default: the headers that Sentry's browser SDK adds to every request.
_MORE_HEADERS = env.list("CORS_ALLOWED_HEADERS", default=["sentry-trace", "baggage"])
CORS_ALLOW_HEADERS = [*default_headers, "x-request-id", "if-match", "if-none-match", "idempotency-key", *_MORE_HEADERS]
CORS_EXPOSE_HEADERS = [
    "X-Request-ID",
    "Retry-After",
    "RateLimit",
    "RateLimit-Policy",
    "ETag",
    "Content-Disposition",
    "X-Did-You-Mean",
]

# More than an honest user needs. Scopes used before the login count by address, which a whole campus may share; all
# others by user.
THROTTLE_RATES = parse_rates(
    env.str("THROTTLE_RATES", default=""),
    defaults={
        "anon": "1200/min",
        "user": "1200/min",
        "address": "6000/min",
        "register": "60/hour",
        "login": "60/min",
        "refresh": "300/min",
        "export": "5/hour",
        "csv": "60/hour",
        "post": "60/hour",
        "vocabulary": "30/hour",
        "apply": "60/hour",
        "decide": "3000/hour",
        "upload": "60/hour",
        "notify": "300/hour",
    },
)

# --- Files ------------------------------------------------------------------------------------------------------------

MEDIA_ROOT = env.path("MEDIA_ROOT", default=str(BASE_DIR / "var" / "media"))
MEDIA_URL = "/media/"
# Folder of the resumes, in MEDIA_ROOT or the bucket; it contains nothing else.
MEDIA_PREFIX = env.str("MEDIA_PREFIX", default="resumes")
if not re.fullmatch(r"[\w-]{1,50}", MEDIA_PREFIX, re.ASCII):
    raise ImproperlyConfigured("MEDIA_PREFIX is not a name of 1 to 50 letters, digits, - and _.")
# Internal location of the proxy for MEDIA_ROOT; if set, the proxy sends the files (X-Accel-Redirect).
MEDIA_ACCEL_PREFIX = env.str("MEDIA_ACCEL_PREFIX", default="")
RESUME_LINK_MINUTES = env.int("RESUME_LINK_MINUTES", default=60)
RESUME_MAX_BYTES = 10 * 1024 * 1024
# Limits of a job seeker's resumes; deleted ones that are kept for an application do not count.
RESUMES_MAX_COUNT = 20
RESUMES_MAX_BYTES = 100 * 1024 * 1024
# Body of an upload: the file and its form.
UPLOAD_MAX_BYTES = RESUME_MAX_BYTES + 1024 * 1024
# Any other body, and all fields of an upload except the file.
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FILES = 10

STATIC_URL = "/static/"
STATIC_ROOT = env.path("STATIC_ROOT", default=str(BASE_DIR / "var" / "static"))
STORAGES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
if _BUCKET := env.str("AWS_STORAGE_BUCKET_NAME", default=""):
    STORAGES["default"] = {
        "BACKEND": "resumes.storage.PrivateS3Storage",
        "OPTIONS": {
            "bucket_name": _BUCKET,
            "endpoint_url": env.str("AWS_S3_ENDPOINT_URL", default="") or None,
            "region_name": env.str("AWS_S3_REGION_NAME", default="") or None,
            # Without keys, boto3 uses its other sources, such as the role of the machine.
            "access_key": env.str("AWS_ACCESS_KEY_ID", default="") or None,
            "secret_key": env.str("AWS_SECRET_ACCESS_KEY", default="") or None,
        },
    }

# --- Mail -------------------------------------------------------------------------------------------------------------

_EMAIL = env.email_url("EMAIL_URL", default="smtp://localhost:25")
if _EMAIL["EMAIL_FILE_PATH"]:
    # filemail:///folder: the parser removes the leading slash.
    _EMAIL["EMAIL_FILE_PATH"] = f"/{_EMAIL['EMAIL_FILE_PATH'].lstrip('/')}"
if _EMAIL["EMAIL_BACKEND"].endswith(".smtp.EmailBackend"):
    _EMAIL["EMAIL_BACKEND"] = "notifications.mail.smtp.EmailBackend"
vars().update(_EMAIL)
# Seconds. Without a timeout, a hanging SMTP server would block a worker for ever.
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="AnyWork <no-reply@localhost>")
# Address for questions, in every email.
SUPPORT_EMAIL = env.str("SUPPORT_EMAIL", default=parseaddr(DEFAULT_FROM_EMAIL)[1])
# Days that the text of a sent email is kept.
MAIL_BODY_DAYS = env.int("MAIL_BODY_DAYS", default=30, at_most=_CENTURY_DAYS)
# Days that rows of sent and skipped emails, and read notifications are kept; 0: for ever.
MAIL_DAYS = env.int("MAIL_DAYS", default=365, at_least=0, at_most=_CENTURY_DAYS)
NOTIFICATION_DAYS = env.int("NOTIFICATION_DAYS", default=0, at_least=0, at_most=_CENTURY_DAYS)
# These rows keep their cause from being told again, the longest for the 30 days of a notice.
for _name, _days in {"MAIL_DAYS": MAIL_DAYS, "NOTIFICATION_DAYS": NOTIFICATION_DAYS}.items():
    if 0 < _days < 60:  # noqa: PLR2004 - in the message, too
        raise ImproperlyConfigured(f"{_name} is neither 0 nor at least 60: {_days}.")

# --- Celery -----------------------------------------------------------------------------------------------------------

CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", default="amqp://guest:guest@127.0.0.1:5672//")
if CELERY_BROKER_URL.startswith("filesystem:"):
    # Broker of `make run` on a machine without RabbitMQ; the path of the URL is the folder of the messages.
    _folder = unquote(urlsplit(CELERY_BROKER_URL).path)
    CELERY_BROKER_URL = "filesystem://localhost"
    CELERY_BROKER_TRANSPORT = "anywork.local.broker:Transport"
    CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, object] = {
        "data_folder_in": _folder,
        "data_folder_out": _folder,
        "control_folder": f"{_folder}/control",
        # Seconds; with the default of one, a worker takes two messages a second.
        "polling_interval": 0.2,
    }
else:
    # Without confirms, a message is lost that a node accepts while the leader of the queue is dying.
    CELERY_BROKER_TRANSPORT_OPTIONS = {"confirm_publish": True}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# Of beat: kombu retries within each retry. What beat could not send, it sends again when it is due.
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0, "interval_step": 0, "interval_max": 0}
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
# Seconds. A worker notices a lost broker within a minute; with Celery's default within four.
CELERY_BROKER_HEARTBEAT = 30
# The arguments of an existing queue cannot be changed: a queue with others gets another version.
CELERY_TASK_DEFAULT_QUEUE = env.str("CELERY_QUEUE", default="anywork.v1")
CELERY_TASK_DEFAULT_QUEUE_TYPE = "quorum"
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SOFT_TIME_LIMIT = 60
CELERY_TASK_TIME_LIMIT = 90
CELERY_WORKER_CONSUMER = "anywork.celery:Consumer"
# With a prefetch of one, a process waits longer for the broker than it works. Messages that wait here behind a slow
# email are found by the sweep of another worker.
CELERY_WORKER_PREFETCH_MULTIPLIER = 4
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
# Tasks per database connection: connecting takes longer than sending an email.
CELERY_DB_REUSE_MAX = 1_000
CELERY_TIMEZONE = "UTC"
_SWEEP_EVERY_SECONDS = 15
_FIVE_MINUTES = 300
_HOUR = 3_600
_DAY = 24 * _HOUR
# State of beat; Celery's default is in the current folder.
CELERY_BEAT_SCHEDULE_FILENAME = str(BASE_DIR / "var" / "beat" / "schedule")
CELERY_BEAT_SCHEDULER = "anywork.celery:Scheduler"
_TASKS = {
    "notifications.sweep_outgoing_email": _SWEEP_EVERY_SECONDS,
    "jobs.reindex_renamed_jobs": _SWEEP_EVERY_SECONDS,
    "jobs.publish_due_jobs": _SWEEP_EVERY_SECONDS,
    "jobs.recalculate_salaries": _SWEEP_EVERY_SECONDS,
    "applications.tell_applicants": _SWEEP_EVERY_SECONDS,
    "applications.tell_held_decisions": _SWEEP_EVERY_SECONDS,
    "notifications.write_alerts": _SWEEP_EVERY_SECONDS,
    "notifications.forget_alerts": _DAY,
    "jobs.remind_of_closing_jobs": _FIVE_MINUTES,
    "jobs.forget_idempotency_keys": _HOUR,
    "jobs.gather_words": _DAY,
    "applications.revoke_old_applications": _HOUR,
    "accounts.erase_idle_accounts": _HOUR,
    # Every hour, for digests still due today: beat may have been stopped at the planned hour.
    "notifications.write_digests": _HOUR,
    "notifications.sweep_mail_bodies": _FIVE_MINUTES,
    "accounts.sweep_sign_ins": _HOUR,
    "resumes.sweep_resume_files": _DAY,
    "anywork.record_figures": _HOUR,
    "anywork.sweep_expired": _HOUR,
}
# Tasks do not pile up while no worker runs: they expire.
CELERY_BEAT_SCHEDULE = {
    task: {"task": task, "schedule": seconds, "options": {"expires": min(seconds, _HOUR)}}
    for task, seconds in _TASKS.items()
}

# --- Import and export in the admin site ------------------------------------------------------------------------------

# Permissions "import_category" and so on; without these settings, all of the staff could import.
IMPORT_EXPORT_IMPORT_PERMISSION_CODE = "import"
IMPORT_EXPORT_EXPORT_PERMISSION_CODE = "export"

# --- Behind a proxy ---------------------------------------------------------------------------------------------------

NUM_PROXIES = env.int("NUM_PROXIES", default=0, at_least=0, at_most=100)
if NUM_PROXIES:
    # Without a proxy, a client could set this header itself.
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=not DEBUG)
SECURE_REDIRECT_EXEMPT = [f"^{path[1:]}$" for path in HEALTH_PATHS]
HSTS_SECONDS = env.int("HSTS_SECONDS", default=86_400, at_least=0, at_most=_CENTURY_DAYS * 86_400)
SECURE_HSTS_SECONDS = HSTS_SECONDS if SECURE_SSL_REDIRECT else 0
# These affect other hosts of the domain, for as long as HSTS_SECONDS: off by default.
SECURE_HSTS_INCLUDE_SUBDOMAINS = env.bool("HSTS_SUBDOMAINS", default=False)
SECURE_HSTS_PRELOAD = env.bool("HSTS_PRELOAD", default=False)
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]

# Only the admin site uses cookies: the API uses tokens.
SESSION_COOKIE_PATH = CSRF_COOKIE_PATH = f"/{ADMIN_PATH}/"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = 3_600 * env.int("ADMIN_SESSION_HOURS", default=8)

X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
_DENY_ALL = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
_SAME_ORIGIN = "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
# By prefix of the path; the first match counts.
CONTENT_SECURITY_POLICIES = {
    # Swagger UI has inline styles, and icons as data URLs.
    "/api/docs/": (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
        f"connect-src 'self'; {_SAME_ORIGIN}"
    ),
    f"/{ADMIN_PATH}/": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
        f"connect-src 'self'; frame-src 'self'; {_SAME_ORIGIN}"
    ),
    # The page of an unsubscribe link.
    "/mail/": f"default-src 'none'; style-src 'unsafe-inline'; {_SAME_ORIGIN}",
    "/": _DENY_ALL,
}

# --- Logs, metrics and errors -----------------------------------------------------------------------------------------

# json is for programs, plain for people.
_LOG_FORMATTERS = {"json": "JSONFormatter", "plain": "PlainFormatter"}
LOG_FORMAT = env.str("LOG_FORMAT", default="json")
if LOG_FORMAT not in _LOG_FORMATTERS:
    raise ImproperlyConfigured("LOG_FORMAT is neither json nor plain.")
LOGGING_CONFIG = "anywork.operations.logs.configure_logging"
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {
        "context": {"()": "anywork.operations.logs.ContextFilter"},
        "idle": {"()": "anywork.operations.logs.IdleFilter"},
        "refused_host": {"()": "anywork.operations.logs.RefusedHostFilter"},
    },
    "formatters": {"line": {"()": f"anywork.operations.logs.{_LOG_FORMATTERS[LOG_FORMAT]}"}},
    "handlers": {
        "console": {"class": "logging.StreamHandler", "filters": ["context"], "formatter": "line"},
    },
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        # Django's own handlers would email the admins and print every message twice.
        "django": {"handlers": [], "level": "INFO"},
        "gunicorn.access": {"filters": ["idle"]},
        # A line for every task that is due, starts and ends: in JSON only.
        **{
            f"celery.{name}": {"level": "WARNING" if LOG_FORMAT == "plain" else "INFO", "filters": ["idle"]}
            for name in ("app.trace", "beat", "worker.strategy")
        },
        "django.security.DisallowedHost": {"filters": ["refused_host"]},
    },
}

# With it, Prometheus reads /metrics.
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")

if SENTRY_DSN := env.str("SENTRY_DSN", default=""):
    import sentry_sdk

    from anywork.operations.sentry import without_values

    try:
        sentry_sdk.init(
            dsn=SENTRY_DSN,
            send_default_pii=False,
            max_request_body_size="never",
            include_local_variables=False,
            max_breadcrumbs=0,
            before_send=without_values,
        )
    except sentry_sdk.utils.BadDsn as error:
        raise ImproperlyConfigured(f"SENTRY_DSN is not a DSN: {error}.") from None

# --- The web server ---------------------------------------------------------------------------------------------------

# Used by gunicorn.conf.py; read here, so that every process checks them.
BIND = env.str("BIND", default="0.0.0.0:8000")
WEB_CONCURRENCY = env.int("WEB_CONCURRENCY", default=1)

ENVIRONMENT_NAMES = env.names
