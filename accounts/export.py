"""Export of a user's data as a zip. Each app registers its exporter in AppConfig.ready()."""

import json
import shutil
import time
from collections.abc import Callable
from typing import IO, Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from django.core.files import File
from django.core.serializers.json import DjangoJSONEncoder

from accounts import audit
from accounts.models import AuditEvent, BlockedEmployer, EmailChange, Employer, JobSeeker, MutedEmployer, User
from accounts.two_factor import devices_of


class Archive:
    """Zip file of an export."""

    def __init__(self, zip_file: ZipFile) -> None:
        self._zip_file = zip_file

    def add_json(self, name: str, content: Any) -> None:
        """Add rows, or other values that JSON can represent."""
        text = json.dumps(content, cls=DjangoJSONEncoder, ensure_ascii=False, indent=2)
        self._zip_file.writestr(name, text)

    def add_file(self, name: str, file: File) -> None:
        """Add a file in chunks, uncompressed: compressing 150 MiB of PDFs took 10 s."""
        with self._zip_file.open(ZipInfo(name, time.gmtime()[:6]), "w") as target:
            shutil.copyfileobj(file, target)


Exporter = Callable[[User, Archive], None]

exporters: dict[str, Exporter] = {}


def register(app: str, exporter: Exporter) -> None:
    """Register the exporter of an app."""
    exporters[app] = exporter


def write_export(user: User, target: IO[bytes]) -> None:
    """Write the zip of `user` to `target`."""
    audit.record(audit.Kind.EXPORTED, user=user)
    with ZipFile(target, "w", ZIP_DEFLATED) as zip_file:
        for exporter in exporters.values():
            exporter(user, Archive(zip_file))


def export_account(user: User, archive: Archive) -> None:
    """Add account, profile, skills, refused employers, terms, sessions, a new address and security events."""
    fields = (
        "user_id",
        "email",
        "role",
        "google_sub",
        "email_verified_at",
        "last_login",
        "last_seen_at",
        "asked_at",
        "created_at",
        "updated_at",
        "time_zone",
        "alert_hour",
    )
    profiles = JobSeeker.objects.filter(pk=user.pk).values(), Employer.objects.filter(pk=user.pk).values()
    archive.add_json(
        "account.json",
        {
            "user": User.objects.values(*fields, "block_reason").get(pk=user.pk),
            "profile": next((row for rows in profiles for row in rows), None),
            "skills": list(user.skills.values("skill_id", "name")),
            **{
                name: list(rows.objects.visible_to(user).values("employer", "employer__company_name", "since"))
                for name, rows in (("blocked_employers", BlockedEmployer), ("muted_employers", MutedEmployer))
            },
            "accepted_terms": list(user.accepted_terms.values("version", "at")),
            "sessions": list(
                user.sessions.values(
                    "session_id", "device", "address", "otp_verified", "created_at", "last_used_at", "ended_at"
                )
            ),
            "two_factor": devices_of(user).values("created_at", "last_used_at").first(),
            "email_change": EmailChange.objects.filter(user=user).values("email", "requested_at").first(),
            "security_events": list(AuditEvent.objects.filter(user=user).values("at", "kind", "subject", "address")),
        },
    )
