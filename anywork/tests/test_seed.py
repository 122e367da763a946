"""The documented exchanges, replayed as one journey against the golden files in `golden/`.

A golden file holds a request and its response. Literals hold exactly, keys with their order; of ids, timestamps, dates,
tokens, checksums and links only the kind does. Ids stand for each other: what a response calls by an id of the golden
files is what a later request by that id means.
"""

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from accounts.models import User
from accounts.tests.factories import UserFactory
from anywork.local.pdf import make_pdf
from resumes.tests.factories import ResumeFactory

GOLDEN = Path(__file__).parent / "golden"
SEED = Path(settings.BASE_DIR).parent / "shared" / "seed.md"

SEEKER = "34a64143-12d2-4932-8259-5613e1e27eec"
EMPLOYER = "89824eaf-233f-45e1-a417-262e8333c977"
GOOGLE_USER = "c95b0b81-e7b2-41f4-b09b-0ee416d988f9"
FIRST_JOB = "2f53287a-13b2-4ea1-9c79-a0d6b930581d"
SECOND_JOB = "c3242a30-1a09-48e1-bb9c-ddba3235a3cd"

UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
KINDS = {
    "uuid": UUID,
    "timestamp": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z",
    "date": r"\d{4}-\d\d-\d\d",
    "token": r"eyJ[\w-]+(\.[\w.-]+)+",
    "checksum": r"[0-9a-f]{64}",
    "link": r"http://[\w.:]+/media/resumes/[\w-]+\.pdf(\?signature=[\w%-]+)?",
}


def kind(value: Any) -> str:
    """Return which kind a text is of, or "literal"."""
    fits = (name for name, pattern in KINDS.items() if isinstance(value, str) and re.fullmatch(pattern, value))
    return next(fits, "literal")


def golden(name: str) -> dict[str, Any]:
    (path,) = GOLDEN.glob(f"*_{name}.json")
    return json.loads(path.read_text())


class Journey:
    """Sends golden requests, and compares the responses with the golden ones."""

    def __init__(self) -> None:
        self.ids: dict[str, str] = {}
        self.replayed: set[str] = set()

    def actual(self, text: str) -> str:
        """Return `text` with the ids that this run uses in the place of the golden ones."""
        return re.sub(UUID, lambda match: self.ids[match[0]], text)

    def replay(self, name: str, client: APIClient, **files: Any) -> Any:
        """Send the request of a golden file and return the body, which is like the golden one."""
        exchange = golden(name)
        path = self.actual(exchange["path"])
        body = json.loads(self.actual(json.dumps(exchange.get("request"))))
        if files:
            response = client.post(path, {**body, **files}, format="multipart")
        else:
            response = client.generic(exchange["method"], path, json.dumps(body) if body else "", "application/json")
        assert response.status_code == exchange["status"], response.content
        assert response.headers["Content-Type"] == "application/json"
        body = json.loads(response.content)
        self.match(exchange["response"], body, name)
        self.replayed.add(name)
        return body

    def match(self, expected: Any, body: Any, where: str) -> None:
        assert type(body) is type(expected), where
        if isinstance(expected, dict):
            assert list(body) == list(expected), where
            for key, value in expected.items():
                self.match(value, body[key], f"{where}.{key}")
        elif isinstance(expected, list):
            assert len(body) == len(expected), where
            for index, value in enumerate(expected):
                self.match(value, body[index], f"{where}.{index}")
        elif kind(expected) == "uuid":
            # The same thing keeps the same id through the whole journey.
            assert kind(body) == "uuid", where
            assert self.ids.setdefault(expected, body) == body, where
        elif kind(expected) == "literal" or where.endswith("expires_at"):
            assert body == expected, where
        else:
            assert kind(body) == kind(expected), where


def signed_in(email: str, password: str = "testing321") -> APIClient:
    login = APIClient().post("/api/auth/login/", {"email": email, "password": password}).json()
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {login['data']['accessToken']}")
    return client


def registered(email: str, role: str) -> str:
    body = {"email": email, "password": "testing321", "role": role}
    return str(APIClient().post("/api/auth/register/", body).json()["data"]["user"]["user_id"])


def test_people_go_through_the_documented_exchanges(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    journey, anonymous = Journey(), APIClient()

    # Accounts. Tests do not call Google: the user it identifies is new here.
    journey.replay("register", anonymous)
    login = journey.replay("login", anonymous)
    google_user = UserFactory(email="jubriltayo@gmail.com", role="")
    with monkeypatch.context() as patch:
        patch.setattr("accounts.google.log_in", lambda **_: google_user)
        journey.replay("google", anonymous)
    seeker = APIClient()
    seeker.credentials(HTTP_AUTHORIZATION=f"Bearer {login['data']['accessToken']}")
    journey.ids[EMPLOYER] = registered("employer@example.org", "employer")
    employer = signed_in("employer@example.org")

    # Profiles, and what a job is filed under.
    journey.replay("jobseeker_update", seeker)
    journey.replay("jobseeker_list", seeker)
    journey.replay("employer_update", employer)
    journey.replay("category_create", employer)
    journey.replay("location_create", employer)

    # A job is posted and found.
    journey.replay("job_create", employer)
    journey.replay("job_search", anonymous)

    # A seeker uploads a resume and applies; the employer decides.
    data = make_pdf("Ben Carson")
    upload = SimpleUploadedFile("testresume.pdf", data, "application/pdf")
    resume = journey.replay("resume_upload", seeker, file_path=upload)
    assert resume["checksum"] == hashlib.sha256(data).hexdigest()
    file = anonymous.get(resume["file_path"])
    assert file.getvalue() == data
    journey.replay("application_create", seeker)
    journey.replay("application_update", employer)

    journey.replay("notification_create", employer)
    journey.replay("notification_update", employer)

    journey.replay("skill_create", seeker)
    python = seeker.post("/api/skills/", {"name": "Python"}).json()
    skills = journey.replay("skill_list", seeker)
    assert skills["results"][1] == python

    # A second job, people who look and two who apply.
    body = golden("job_create")["request"] | {"title": "Accountant", "description": "We are looking for one."}
    second = employer.post("/api/jobs/", json.loads(journey.actual(json.dumps(body)))).json()
    journey.ids[SECOND_JOB] = second["job_id"]
    for job, views in ((FIRST_JOB, 7), (SECOND_JOB, 6)):
        for _ in range(views):
            assert anonymous.get(f"/api/jobs/{journey.ids[job]}/").status_code == 200
    for number in range(2):
        user = User.objects.get(pk=registered(f"other{number}@example.org", "job_seeker"))
        application = {"job": second["job_id"], "resume": str(ResumeFactory(job_seeker=user.job_seeker).pk)}
        assert signed_in(user.email).post("/api/applications/", application).status_code == 201
    analytics = golden("analytics_list")
    body = employer.get(journey.actual(analytics["path"])).json()
    # Rows of one day come in no particular order.
    body["results"].sort(key=lambda row: -row["views"])
    journey.match(analytics["response"], body, "analytics_list")
    journey.replayed.add("analytics_list")

    assert journey.ids[GOOGLE_USER] == str(google_user.pk)
    assert journey.replayed == {path.stem.partition("_")[2] for path in GOLDEN.glob("*.json")}


# --- The golden files against the document they were made from --------------------------------------------------------

ENDPOINT = re.compile(r"\*\*Endpoint:\*\* `(\w+) (\S+)`(.*?)(?=\n#|\Z)", re.DOTALL)
BLOCK = re.compile(r"```(\w*)\n(.*?)```", re.DOTALL)


def documented() -> list[dict[str, Any]]:
    """Return the exchanges of the seed in its order, in the form of the golden files."""
    exchanges = []
    for method, path, text in ENDPOINT.findall(SEED.read_text()):
        *requests, response = BLOCK.findall(text) or [None]
        if response is None:
            continue
        exchange = {"method": method, "path": path, "response": json.loads(response[1])}
        if "**Request Body:**" in text:
            language, body = requests[-1]
            if language == "json":
                exchange["request"] = json.loads(body)
            else:
                exchange["request"] = dict(line.split("=", 1) for line in body.replace('"', "").splitlines())
        exchanges.append(exchange)
    return exchanges


def shape(value: Any) -> Any:
    """Return what two examples of one exchange have in common: keys in order, kinds, literals."""
    if isinstance(value, dict):
        return [(key, shape(item)) for key, item in value.items()]
    if isinstance(value, list):
        return [shape(item) for item in value]
    if isinstance(value, int) and not isinstance(value, bool):
        return "number"
    if isinstance(value, str) and value.startswith("@"):
        return "file"
    return kind(value) if kind(value) != "literal" else value


@pytest.mark.skipif(not SEED.exists(), reason="the seed does not lie beside the project")
def test_golden_files_say_what_the_seed_says() -> None:
    files = [json.loads(path.read_text()) for path in sorted(GOLDEN.glob("*.json"))]
    exchanges = documented()
    assert len(files) == len(exchanges) == 18
    for file, exchange in zip(files, exchanges, strict=True):
        assert (file["method"], re.sub(UUID, "*", file["path"])) == (
            exchange["method"],
            re.sub(r"\{\w+\}", "*", exchange["path"]),
        )
        assert shape(file.get("request")) == shape(exchange.get("request")), file["path"]
        assert shape(file["response"]) == shape(exchange["response"]), file["path"]
