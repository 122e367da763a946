"""Ten requests a second by people who use the site, and what has become of them."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from itertools import count, cycle, product
from threading import Event, Thread
from typing import Any

import httpx

from anywork.local.pdf import make_pdf
from anywork.testing.cluster.stand import BUCKET, Stand
from anywork.testing.standby import execute

REQUESTS_PER_SECOND = 10
# Each may upload 20 resumes.
SEEKERS = 16
JOBS = 40
SLOW_SECONDS = 2
# Longer than the lease of an email whose worker was killed.
MAIL_TIMEOUT_SECONDS = 200
PASSWORD = "correct-horse-42"
# Of what is written: its rows, each by what a request calls it.
STORED = {
    "job": "SELECT title FROM jobs_job",
    "skill": "SELECT name FROM accounts_skill",
    "resume": "SELECT checksum FROM resumes_resume",
    "application": "SELECT application_id::text FROM applications_application",
}


@dataclass(frozen=True)
class Answer:
    """One request; `status` is 0 without a response, and `key` names what it wrote."""

    kind: str
    status: int
    key: str
    started: float
    ended: float

    @property
    def is_good(self) -> bool:
        return 200 <= self.status < 300

    @property
    def is_well(self) -> bool:
        return self.is_good and self.ended - self.started < SLOW_SECONDS


@dataclass(frozen=True)
class Figures:
    """What a fault did to the requests; `failed` by status, `well_after` in seconds since it."""

    attempted: int
    acknowledged: int
    lost: list[str]
    doubled: list[str]
    failed: Counter[int]
    well_after: float

    def row(self, name: str) -> str:
        failed = ", ".join(f"{number} with {status or 'no response'}" for status, number in self.failed.items()) or "0"
        figures = f"{self.attempted} | {self.acknowledged} | {len(self.lost)} | {len(self.doubled)} | {failed}"
        return f"| {name} | {figures} | {self.well_after:.1f} s |"


class People:
    """An employer and seekers with a resume each, who act through nginx."""

    def __init__(self, stand: Stand) -> None:
        self.stand = stand
        # A connection for each request: one that nginx is about to close could not be told from a failure.
        limits = httpx.Limits(max_keepalive_connections=0)
        self.client = httpx.Client(base_url=stand.url, timeout=40, limits=limits)
        self.employer = self._sign_up("employer@example.org", "employer")
        self._job = {
            "description": "Weld.",
            "category": self._make("/api/categories/", name="Trades")["category_id"],
            "location": self._make("/api/locations/", city="Berlin", country="Germany")["location_id"],
            "job_type": "full-time",
            "expires_at": "2099-12-12",
        }
        jobs = [self._make("/api/jobs/", **self.job(f"Welder {number}"))["job_id"] for number in range(JOBS)]
        self.seekers = [self._sign_up(f"seeker{number}@example.org", "job_seeker") for number in range(SEEKERS)]
        resumes = [self.upload(seeker, make_pdf(f"Seeker {number}")) for number, seeker in enumerate(self.seekers)]
        keys = [response.json()["resume_id"] for response in resumes]
        self.pairs = iter([(*seeker, job) for job, seeker in product(jobs, zip(self.seekers, keys, strict=True))])
        self.jobs, self.turns = cycle(jobs), cycle(self.seekers)
        self.numbers = count()

    def _sign_up(self, email: str, role: str) -> dict[str, str]:
        account = {"email": email, "password": PASSWORD, "role": role}
        self.client.post("/api/auth/register/", json=account).raise_for_status()
        login = self.client.post("/api/auth/login/", json=account).raise_for_status()
        return {"Authorization": f"Bearer {login.json()['data']['accessToken']}"}

    def _make(self, path: str, **body: str) -> Any:
        return self.client.post(path, json=body, headers=self.employer).raise_for_status().json()

    def job(self, title: str) -> dict[str, str]:
        return {"title": title, **self._job}

    def upload(self, seeker: dict[str, str], pdf: bytes) -> httpx.Response:
        files = {"file_path": ("resume.pdf", pdf, "application/pdf")}
        return self.client.post("/api/resumes/", files=files, headers=seeker)

    def apply(self, seeker: dict[str, str], resume: str, job: str) -> httpx.Response:
        return self.client.post("/api/applications/", json={"job": job, "resume": resume}, headers=seeker)


class Load:
    """The requests of one trial, sent at their time whether or not earlier ones have been answered."""

    def __init__(self, people: People) -> None:
        self.people = people
        self.answers: list[Answer] = []
        self._stopped = Event()
        self._thread = Thread(target=self._send)
        self._thread.start()

    def stop(self) -> None:
        """Stop; return when the last request has been answered."""
        self._stopped.set()
        self._thread.join()

    def _send(self) -> None:
        with ThreadPoolExecutor(60) as threads:
            sent: list[Future[None]] = []
            for kind in self._kinds():
                if self._stopped.wait(1 / REQUESTS_PER_SECOND):
                    break
                sent.append(threads.submit(self._ask, *kind))
        for each in sent:
            each.result()

    def _ask(self, kind: str, key: str, request: Callable[[], httpx.Response]) -> None:
        started, status = time.time(), 0
        try:
            response = request()
        except httpx.TransportError:
            pass
        else:
            status = response.status_code
            if kind == "application" and response.is_success:
                key = response.json()["application_id"]
        self.answers.append(Answer(kind, status, key, started, time.time()))

    def _kinds(self) -> Iterator[tuple[str, str, Callable[[], httpx.Response]]]:
        """Yield requests for ever: of ten, six that read, and one of each that writes."""
        people = self.people
        read = partial(partial, people.client.get)
        post = partial(partial, people.client.post)
        for seeker in people.turns:
            number = next(people.numbers)
            title, skill, pdf = f"Smith {number}", f"Skill {number}", make_pdf(f"Resume {number}")
            yield "read", "", read("/api/jobs/")
            yield "read", "", read("/api/jobs/", params={"search": "welder"})
            yield "application", "", partial(people.apply, *next(people.pairs))
            yield "read", "", read(f"/api/jobs/{next(people.jobs)}/")
            yield "read", "", read("/api/applications/", headers=seeker)
            yield "job", title, post("/api/jobs/", json=people.job(title), headers=people.employer)
            yield "read", "", read("/api/categories/")
            yield "skill", skill, post("/api/skills/", json={"name": skill}, headers=seeker)
            yield "read", "", read("/api/notifications/", headers=seeker)
            yield "resume", sha256(pdf).hexdigest(), partial(people.upload, seeker, pdf)

    # --- Figures

    def figures(self, fault_at: float) -> Figures:
        """Return what has become of the requests, once the emails have arrived."""
        written = [answer for answer in self.answers if answer.kind in STORED]
        acknowledged = [answer for answer in written if answer.is_good]
        attempted_keys = {answer.key for answer in written}
        lost, doubled = [], []
        for kind, sql in STORED.items():
            rows = Counter(row[0] for row in execute(self.people.stand.primary, sql, database="anywork"))
            lost += [f"{kind} {a.key}" for a in acknowledged if a.kind == kind and a.key not in rows]
            doubled += [f"{kind} {key}" for key, number in rows.items() if number > 1 and key in attempted_keys]
        lost += self._lost_files(acknowledged)
        late, mails = self._mails([answer for answer in acknowledged if answer.kind == "application"])
        lost += [f"mail of {key}" for key, number in mails.items() if not number]
        doubled += [f"mail of {key}" for key, number in mails.items() if number > 1]
        unwell = [answer.ended for answer in self.answers if not answer.is_well] + late
        return Figures(
            attempted=len(self.answers),
            acknowledged=sum(answer.is_good for answer in self.answers),
            lost=lost,
            doubled=doubled,
            failed=Counter(answer.status for answer in self.answers if not answer.is_good),
            well_after=max([0, *(moment - fault_at for moment in unwell)]),
        )

    def _mails(self, applications: list[Answer]) -> tuple[list[float], dict[str, int]]:
        """Wait for the receipts of `applications`; return when late ones arrived, and the number of copies of each."""
        stand = self.people.stand
        sql = "SELECT dedup_key, email_id::text FROM notifications_outgoingemail"
        ids = dict(execute(stand.primary, sql, database="anywork"))
        receipts = {a.key: f"<{ids.get(f'application-received:{a.key}')}@localhost>" for a in applications}
        until = time.time() + MAIL_TIMEOUT_SECONDS
        while set(receipts.values()) - stand.mail.arrivals.keys() and time.time() < until:
            time.sleep(0.1)
        arrived = Counter(str(message["Message-ID"]).strip() for message in list(stand.mail.messages))
        # By the last copy of each.
        times = [stand.mail.arrivals.get(receipts[a.key], until) for a in applications]
        late = [at for at, a in zip(times, applications, strict=True) if at - a.ended > SLOW_SECONDS]
        return late, {a.key: arrived[receipts[a.key]] for a in applications}

    def _lost_files(self, acknowledged: list[Answer]) -> list[str]:
        stand = self.people.stand
        resumes = {answer.key for answer in acknowledged if answer.kind == "resume"}
        sql = "SELECT checksum, file FROM resumes_resume"
        files = dict(execute(stand.primary, sql, database="anywork"))
        if stand.is_whole:
            pages = stand.s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET)
            kept = {entry["Key"] for page in pages for entry in page.get("Contents", [])}
        else:
            media = stand.folder / "media"
            kept = {str(path.relative_to(media)) for path in media.rglob("*")}
        return [f"file of {key}" for key in resumes if files.get(key) not in kept]
