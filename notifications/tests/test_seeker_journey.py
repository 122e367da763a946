"""Three days of a job seeker, over HTTP and by real mail: two employers post, and one of them is not wanted."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import BlockedEmployer, MutedEmployer, Skill, User
from accounts.tests.factories import PASSWORD, EmployerFactory, JobSeekerFactory
from anywork.tests.test_export import export, told
from applications.tests.test_desk_journey import Person
from jobs.saving.models import SavedJob, SavedSearch
from jobs.saving.reminders import remind_of_closing_jobs
from jobs.tests.factories import CategoryFactory, LocationFactory, SynonymFactory
from notifications.alerts import write_alerts
from notifications.mail.delivery import deliver_next
from notifications.models import Notification, OutgoingEmail, ToldJob
from notifications.tests.test_alerts import EIGHT, set_clock
from resumes.tests.factories import ResumeFactory

DAY = timedelta(days=1)
SKILLS = [
    {"name": "Cooking", "importance": "required"},
    {"name": "Zushi making", "importance": "required"},
    {"name": "French", "importance": "useful"},
]
# Ada has the second by a synonym, and not the third.
BECAUSE = [
    {"name": "Cooking", "importance": "required", "own_name": "cooking"},
    {"name": "Zushi making", "importance": "required", "own_name": "Zushiya"},
]
QUESTION = {"text": "Years in a kitchen?", "kind": "number", "required": True}


class Journey:
    """The people, the clock and the mail server."""

    def __init__(self, client_for, anonymous, smtp, clock):
        def employer(name):
            return Person(client_for(EmployerFactory(company_name=name).user))

        self.palm, self.sea = employer("Palm Grove"), employer("Seaside Inn")
        account = {"user__email": "ada@mail.example", "user__email_verified_at": EIGHT}
        self.user = JobSeekerFactory(first_name="Ada", **account).user
        self.ada, self.anonymous, self.smtp, self.clock = Person(client_for(self.user)), Person(anonymous), smtp, clock
        self.filed = {"location": LocationFactory(city="Accra").pk, "category": CategoryFactory().pk}
        # The database has a clock of its own.
        self.real_now = timezone.now().replace(second=0, microsecond=0)
        self.jobs = {}
        self.of_sea = self.of_palm = None

    def post(self, employer, title, skills=SKILLS, expires_in=30 * DAY):
        """Post a job that the database holds open for `expires_in`."""
        body = {
            **self.filed,
            "title": title,
            "description": "Run the kitchen.",
            "job_type": "full-time",
            "skills": skills,
            "expires_at": (self.real_now + expires_in).isoformat(),
        }
        job = self.jobs[title] = employer.send("post", "jobs/", body, status=201)["job_id"]
        employer.send("put", f"jobs/{job}/questions/", [QUESTION])
        return job

    def delivered(self):
        """Send what is queued; return subjects, and the last email."""
        before = len(self.smtp.messages)
        while deliver_next():
            pass
        new = self.smtp.messages[before:]
        assert {message["To"] for message in new if message["To"] != self.user.email} == set()
        return [str(message["Subject"]) for message in new], new[-1] if new else None

    def write(self, kind="in a word", person=None, status=201):
        body = {"user": str(self.user.pk), "message": f"Come at nine, {kind}."}
        return (person or self.sea).send("post", "notifications/", body, status=status)


@pytest.fixture
def journey(db, client_for, anonymous, smtp, monkeypatch):
    clock = [EIGHT - timedelta(hours=23)]
    journey = Journey(client_for, anonymous, smtp, clock)

    def tick():
        clock[0] += timedelta(microseconds=1)
        return clock[0]

    set_clock(monkeypatch, tick)
    return journey


def test_a_seeker_misses_nothing_and_keeps_the_rest_to_herself(journey):
    ada_saves_a_job_and_a_search(journey)
    she_is_reminded_and_alerted(journey)
    her_skills_tell_what_fits(journey)
    she_applies_like_last_time_and_is_decided(journey)
    she_revokes(journey)
    she_mutes_and_blocks_an_employer(journey)
    she_polls(journey)
    she_unsubscribes_by_the_link_of_the_email(journey)
    the_export_has_all_of_it(journey)
    nothing_is_left_of_her(journey)


def ada_saves_a_job_and_a_search(journey):
    ada = journey.ada
    job = journey.post(journey.sea, "Grill Cook", skills=[], expires_in=2.5 * DAY)
    saved = ada.send("post", "saved-jobs/", {"job": job}, status=201)
    again = ada.send("post", "saved-jobs/", {"job": job}, status=409)
    assert again["existing"] == {"saved_job_id": saved["saved_job_id"]}
    [row] = ada.rows("saved-jobs/", expand="job,state")
    assert (row["job_details"]["title"], row["state"]) == ("Grill Cook", "open")
    for person, expected in ((ada, saved["saved_job_id"]), (journey.sea, None), (journey.anonymous, None)):
        assert [row["saved_job_id"] for row in person.rows("jobs/", expand="saved")] == [expected]
    journey.sea.get("saved-jobs/", status=403)

    # Eight o'clock UTC.
    ada.send("patch", "auth/me/settings/", {"time_zone": "Africa/Lagos", "alert_hour": 9})
    bad = ada.send("post", "saved-searches/", {"name": "Bad", "query": "near=Nowhereville"}, status=400)
    assert list(bad["errors"]) == ["query.near"]
    search = ada.send("post", "saved-searches/", {"name": "Chefs", "query": "search=Chef&page=2"}, status=201)
    assert (search["query"], search["frequency"]) == ("search=chef", "daily")
    assert SavedSearch.objects.get().alert_at == EIGHT


def she_is_reminded_and_alerted(journey):
    journey.clock[0] = EIGHT - timedelta(hours=3)
    journey.post(journey.palm, "Sous Chef")
    journey.post(journey.sea, "Pastry Chef")
    write_alerts(seconds=5)
    assert not OutgoingEmail.objects.exists()
    journey.clock[0] = EIGHT
    for _ in range(2):
        write_alerts(seconds=5)
        remind_of_closing_jobs(seconds=5)

    subjects, _ = journey.delivered()
    assert sorted(subjects) == ["2 new jobs for “Chefs”", "Grill Cook closes soon"]
    texts = "".join(mail.get_body(("plain",)).get_content() for mail in journey.smtp.messages)
    assert all(texts.count(f"/jobs/{job}") == 1 for job in journey.jobs.values())
    [message] = journey.ada.told()
    assert message.startswith("The job “Grill Cook”, which you saved, closes soon: ")
    assert message.endswith(" (Africa/Lagos).")


def her_skills_tell_what_fits(journey):
    ada, job = journey.ada, journey.jobs["Sous Chef"]
    assert ada.rows("jobs/recommended/") == []
    SynonymFactory(name="zushiya", meaning="zushi making")
    for name in ("cooking", "Zushiya"):
        ada.send("post", "skills/", {"name": name}, status=201)

    match = ada.get(f"jobs/{job}/match/")
    assert (match["score"], match["matched"]) == (80, BECAUSE)
    assert (match["missing_required"], match["missing_useful"]) == ([], ["French"])
    assert match["formula"].startswith("100 * (2 * required matched + useful matched)")
    recommended = [(row["title"], row["score"], row["because"]) for row in ada.rows("jobs/recommended/")]
    assert sorted(recommended, reverse=True) == [("Sous Chef", 80, BECAUSE), ("Pastry Chef", 80, BECAUSE)]
    for path in ("jobs/recommended/", f"jobs/{job}/match/"):
        journey.palm.get(path, status=403)
        journey.anonymous.get(path, status=401)


def she_applies_like_last_time_and_is_decided(journey):
    ada, (pastry, sous) = journey.ada, (journey.jobs[f"{title} Chef"] for title in ("Pastry", "Sous"))
    empty = ada.get("applications/draft/", job=pastry)
    assert empty == {"job": pastry, "resume": None, "cover_letter": "", "answers": {}}
    resume = str(ResumeFactory(job_seeker=ada.user.job_seeker).pk)
    [question] = ada.rows(f"jobs/{pastry}/questions/")
    body = {**empty, "resume": resume, "cover_letter": "I bake.", "answers": {question["question_id"]: 7}}
    journey.of_sea = ada.send("post", "applications/", body, status=201)["application_id"]

    draft = ada.get("applications/draft/", job=sous)
    [question] = ada.rows(f"jobs/{sous}/questions/")
    answers = {question["question_id"]: 7}
    assert draft == {"job": sous, "resume": resume, "cover_letter": "I bake.", "answers": answers}
    assert len(ada.rows("applications/")) == 1, "nothing is sent"
    journey.of_palm = ada.send("post", "applications/", draft, status=201)["application_id"]
    path = f"applications/{journey.of_palm}/"
    assert ada.send("post", f"{path}revoke/", status=409)["code"] == "not_decided"
    journey.palm.send("patch", path, {"status": "rejected", "reason": "location", "reason_shared": True})

    assert ada.told()[-1] == "Your application for “Sous Chef” was rejected: the location does not fit."
    subjects, mail = journey.delivered()
    assert subjects[2:] == ["News about your application for Sous Chef"]
    assert "The reason: the location does not fit." in mail.get_body(("plain",)).get_content()


def she_revokes(journey):
    ada, palm, path = journey.ada, journey.palm, f"applications/{journey.of_palm}/"
    palm.send("post", f"{path}notes/", {"text": "Too far."}, status=201)
    before = palm.get(path, expand="answers")
    assert (before["cover_letter"], before["job_seeker_details"]["email"]) == ("I bake.", "ada@mail.example")

    for _ in range(2):
        assert ada.send("post", f"{path}revoke/")["status"] == "rejected"

    after = palm.get(path, expand="answers")
    kept = ("application_id", "status", "applied_at", "job")
    assert {name: after[name] for name in kept} == {name: before[name] for name in kept}
    assert (after["cover_letter"], after["answers"], after["resume_details"]) == ("", None, None)
    assert (after["job_seeker_details"]["email"], palm.rows(f"{path}notes/")) == ("", [])
    assert ada.get(path, expand="answers")["cover_letter"] == "I bake."
    assert ada.timeline(journey.of_palm)[-1] == ("revoked", None, "applicant", None)
    journey.write(person=palm, status=403)
    ada.send("post", "applications/", ada.get("applications/draft/", job=journey.jobs["Sous Chef"]), status=409)


def she_mutes_and_blocks_an_employer(journey):
    ada, sea = journey.ada, {"employer": str(journey.sea.user.pk)}

    def unread():
        return ada.get("notifications/unread-count/")["unread_count"]

    number = unread()
    journey.write("heard")
    assert unread() == number + 1
    assert ada.send("post", "muted-employers/", sea, status=201)["company_name"] == "Seaside Inn"
    assert journey.write("muted")["is_read"] is False
    assert (unread(), ada.told()[-1]) == (number + 1, "Seaside Inn: Come at nine, muted.")

    lists = [person.rows("jobs/") for person in (ada, journey.sea)]
    ada.send("post", "blocked-employers/", sea, status=201)
    assert ada.send("post", "blocked-employers/", sea, status=409)["existing"] == sea
    refused = journey.write("blocked", status=403)
    assert refused["message"] == journey.write(person=journey.palm, status=403)["message"]
    assert [row["title"] for row in ada.rows("jobs/recommended/")] == ["Sous Chef"]
    assert lists == [person.rows("jobs/") for person in (ada, journey.sea)]


def she_polls(journey):
    ada, since = journey.ada, journey.clock[0].isoformat()
    assert ada.rows("notifications/", created_after=since) == []
    journey.palm.send("post", "notifications/", {"user": str(journey.palm.user.pk), "message": "Mine."}, status=201)
    ada.send("post", "notifications/", {"user": str(ada.user.pk), "message": "Buy knives."}, status=201)
    path = f"/api/notifications/?created_after={since.replace('+', '%2B')}"
    first = ada.client.get(path)
    assert [row["message"] for row in first.json()["results"]] == ["Buy knives."]
    assert ada.client.get(path, headers={"if-none-match": first.headers["ETag"]}).status_code == 304


def she_unsubscribes_by_the_link_of_the_email(journey):
    journey.clock[0] = EIGHT + DAY - timedelta(hours=3)
    journey.post(journey.palm, "Head Chef")
    journey.post(journey.sea, "Fish Chef")
    journey.clock[0] = EIGHT + DAY
    write_alerts(seconds=5)
    remind_of_closing_jobs(seconds=5)
    subjects, mail = journey.delivered()
    assert subjects == ["1 new job for “Chefs”"], "nothing twice, and nothing of the blocked"
    assert f"/jobs/{journey.jobs['Head Chef']}" in mail.get_body(("plain",)).get_content()

    link = "/mail/" + mail["List-Unsubscribe"].strip("<>").partition("/mail/")[2]
    assert journey.anonymous.client.get(link).status_code == 200
    assert journey.ada.rows("saved-searches/")[0]["frequency"] == "daily", "scanners follow links"
    assert journey.anonymous.client.post(link, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert journey.ada.rows("saved-searches/")[0]["frequency"] == "off"
    journey.post(journey.palm, "Night Chef")
    journey.clock[0] = EIGHT + 2 * DAY
    write_alerts(seconds=5)
    assert journey.delivered() == ([], None)


def the_export_has_all_of_it(journey):
    archive = export(journey.ada.client)
    account = told(archive, "account.json")
    assert [skill["name"] for skill in account["skills"]] == ["cooking", "Zushiya"]
    for name in ("blocked_employers", "muted_employers"):
        assert [row["employer__company_name"] for row in account[name]] == ["Seaside Inn"]
    assert (account["user"]["time_zone"], account["user"]["alert_hour"]) == ("Africa/Lagos", 9)
    assert [row["job__title"] for row in told(archive, "saved_jobs.json")] == ["Grill Cook"]
    [search] = told(archive, "saved_searches.json")
    assert (search["query"], search["frequency"]) == ("search=chef", "off")
    revoked = {row["job_title"]: row["revoked_at"] for row in told(archive, "applications.json")}
    assert (revoked["Pastry Chef"], bool(revoked["Sous Chef"])) == (None, True)
    assert {row["message"] for row in told(archive, "notifications.json")} == set(journey.ada.told())
    subjects = {row["subject"] for row in told(archive, "mails.json")}
    assert subjects == {str(message["Subject"]) for message in journey.smtp.messages}


def nothing_is_left_of_her(journey):
    user = journey.user.pk
    journey.ada.send("delete", "auth/me/", {"password": PASSWORD}, status=204)
    journey.ada.get("auth/me/", status=401)
    for model in (SavedJob, SavedSearch, ToldJob, Skill, BlockedEmployer, MutedEmployer):
        assert not model.objects.exists(), model
    assert not User.objects.filter(pk=user).exists()
    assert not Notification.objects.filter(user=user).exists()
    assert not OutgoingEmail.objects.filter(to="ada@mail.example").exists()
    for employer in (journey.palm, journey.sea):
        [row] = employer.rows("applications/")
        assert (row["cover_letter"], row["job_seeker"]) == ("", None)
