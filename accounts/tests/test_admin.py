from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Employer, JobSeeker, Session, User
from accounts.tests.factories import (
    PASSWORD,
    AdminFactory,
    AuditEventFactory,
    EmployerFactory,
    JobSeekerFactory,
    SkillFactory,
    UserFactory,
)
from accounts.tokens import open_session
from applications.tests.factories import ApplicationFactory
from jobs.tests.factories import JobFactory
from notifications.tests.factories import OutgoingEmailFactory

NEW_PASSWORD = "another-horse-43"
ADD = "admin:accounts_user_add"
CHANGE = "admin:accounts_user_change"


def new_user(**fields):
    passwords = {"usable_password": "true", "password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
    return {"email": "new@example.org", "role": "", **passwords, **fields}


def edited(user, **fields):
    """What the form of `user` posts; a box without a tick is absent."""
    ticks = {name: "on" for name in ("is_active", "is_staff", "is_superuser") if getattr(user, name)}
    return {"email": user.email, "role": user.role, **ticks, **fields}


def save(client, user, **fields):
    values = {name: value for name, value in edited(user, **fields).items() if value is not None}
    response = client.post(reverse(CHANGE, args=[user.pk]), values)
    user.refresh_from_db()
    return response


@pytest.fixture
def clerk_client(db):
    """Signed in as a member of the staff who looks after users, but is no superuser."""
    clerk = UserFactory(is_staff=True)
    clerk.user_permissions.set(Permission.objects.filter(content_type__app_label="accounts"))
    client = Client()
    client.force_login(clerk)
    return client


@pytest.mark.parametrize(("role", "profile"), [("job_seeker", JobSeeker), ("employer", Employer)])
def test_admin_creates_a_user_with_its_profile(admin_client, anonymous, role, profile):
    response = admin_client.post(reverse(ADD), new_user(email=" New@Example.org ", role=role))
    user = User.objects.get(email="new@example.org")
    assert response.url == reverse(CHANGE, args=[user.pk])
    assert (user.role, user.is_staff) == (role, False)
    assert profile.objects.get() == profile.objects.get(user=user)
    login = anonymous.post("/api/auth/login/", {"email": "new@example.org", "password": NEW_PASSWORD})
    assert login.status_code == 200


def test_admin_creates_a_user_without_a_role_or_a_password(admin_client):
    values = new_user(usable_password="false", password1="", password2="")
    assert admin_client.post(reverse(ADD), values).status_code == 302
    assert not User.objects.get(email="new@example.org").has_usable_password()
    assert not JobSeeker.objects.exists()
    assert not Employer.objects.exists()


def test_admin_is_told_that_an_email_is_in_use(admin_client):
    user, other = UserFactory(email="taken@example.org"), UserFactory()
    for response in (
        admin_client.post(reverse(ADD), new_user(email="Taken@Example.org")),
        save(admin_client, other, email="TAKEN@example.org"),
    ):
        assert response.status_code == 200
        assert response.context["adminform"].form.errors == {"email": ["User with this Email already exists."]}
    assert User.objects.filter(email__iexact=user.email).count() == 1


def test_admin_is_told_that_a_password_is_weak(admin_client):
    response = admin_client.post(reverse(ADD), new_user(password1="12345", password2="12345"))
    assert "password2" in response.context["adminform"].form.errors
    assert not User.objects.filter(email="new@example.org").exists()


def test_admin_gives_a_role_once(admin_client):
    user = UserFactory(role="")
    save(admin_client, user, role="employer")
    assert user.employer.company_name == ""
    assert save(admin_client, user, role="job_seeker").status_code == 302
    assert user.role == "employer"
    assert not JobSeeker.objects.exists()


def test_admin_saves_a_user_without_touching_the_profile(admin_client):
    seeker = JobSeekerFactory(first_name="Ben")
    assert save(admin_client, seeker.user).status_code == 302
    assert JobSeeker.objects.get().first_name == "Ben"


def test_admin_makes_an_administrator_only_with_the_tick(admin_client):
    response = admin_client.post(reverse(ADD), new_user(role="admin"))
    assert "role" in response.context["adminform"].form.errors
    assert admin_client.post(reverse(ADD), new_user(role="admin", is_staff="on")).status_code == 302
    user = User.objects.get(email="new@example.org")
    assert (user.role, user.is_staff, user.is_superuser) == ("admin", True, False)


def test_admin_saves_an_active_user_without_ending_its_sessions(admin_client, seeker):
    save(admin_client, seeker.user)
    assert seeker.get("/api/auth/me/").status_code == 200


def test_admin_sets_a_password_and_ends_the_sessions(admin_client, seeker, anonymous):
    page = reverse("admin:auth_user_password_change", args=[seeker.user.pk])
    values = {"usable_password": "true", "password1": NEW_PASSWORD, "password2": NEW_PASSWORD, "set-password": ""}
    assert admin_client.post(page, values).status_code == 302
    assert seeker.get("/api/auth/me/").status_code == 401
    for password, status in ((PASSWORD, 401), (NEW_PASSWORD, 200)):
        login = anonymous.post("/api/auth/login/", {"email": seeker.user.email, "password": password})
        assert login.status_code == status


def test_admin_sees_no_hash(admin_client):
    user = UserFactory()
    page = admin_client.get(reverse(CHANGE, args=[user.pk])).content.decode()
    assert user.password not in page
    assert user.password.rpartition("$")[2] not in page
    assert reverse("admin:auth_user_password_change", args=[user.pk]).endswith(f"{user.pk}/password/")
    assert 'href="../password/"' in page


def test_admin_drops_the_proof_of_an_address_with_the_address(admin_client):
    user = UserFactory(email_verified_at=timezone.now())
    save(admin_client, user)
    assert user.email_verified_at
    save(admin_client, user, email="Other@example.org")
    assert (user.email, user.email_verified_at) == ("other@example.org", None)


def test_admin_finds_the_profile_of_a_user(admin_client):
    employer = EmployerFactory()
    page = admin_client.get(reverse(CHANGE, args=[employer.pk])).content.decode()
    assert reverse("admin:accounts_employer_change", args=[employer.pk]) in page


def test_clerk_cannot_make_an_administrator(clerk_client):
    user = UserFactory()
    assert save(clerk_client, user, is_staff="on", is_superuser="on").status_code == 302
    assert (user.is_staff, user.is_superuser) == (False, False)
    clerk_client.post(reverse(ADD), new_user(is_staff="on", is_superuser="on"))
    user = User.objects.get(email="new@example.org")
    assert (user.is_staff, user.is_superuser) == (False, False)


def test_clerk_cannot_touch_an_administrator(clerk_client):
    admin = AdminFactory()
    password_page = reverse("admin:auth_user_password_change", args=[admin.pk])
    values = {"usable_password": "true", "password1": NEW_PASSWORD, "password2": NEW_PASSWORD, "set-password": ""}
    assert clerk_client.post(password_page, values).status_code == 403
    assert save(clerk_client, admin, email="mine@example.org").status_code == 403
    assert admin.check_password(PASSWORD)
    assert admin.email != "mine@example.org"


def test_admin_ends_sessions(admin_client, seeker, employer):
    sessions = Session.objects.filter(user=seeker.user)
    values = {"action": "end_sessions", "confirmed": "on", "_selected_action": [session.pk for session in sessions]}
    page = admin_client.post(reverse("admin:accounts_session_changelist"), values, follow=True).content.decode()
    assert "1 sessions ended" in page
    assert seeker.get("/api/auth/me/").status_code == 401
    assert employer.get("/api/auth/me/").status_code == 200


def test_viewer_ends_no_sessions(db, seeker):
    viewer = UserFactory(is_staff=True)
    viewer.user_permissions.set(Permission.objects.filter(codename="view_session"))
    client = Client()
    client.force_login(viewer)
    page = client.get(reverse("admin:accounts_session_changelist"))
    assert page.status_code == 200
    assert "end_sessions" not in page.content.decode()
    values = {"action": "end_sessions", "confirmed": "on", "_selected_action": [str(Session.objects.get().pk)]}
    client.post(reverse("admin:accounts_session_changelist"), values)
    assert seeker.get("/api/auth/me/").status_code == 200


def test_admin_tells_living_sessions_from_others(admin_client, settings):
    for _ in range(4):
        open_session(UserFactory())
    alive, ended, expired, inactive = Session.objects.order_by("created_at")
    Session.objects.filter(pk=ended.pk).end()
    lifetime = settings.SIMPLE_JWT["REFRESH_TOKEN_LIFETIME"]
    Session.objects.filter(pk=expired.pk).update(last_used_at=timezone.now() - lifetime - timedelta(minutes=1))
    User.objects.filter(pk=inactive.user_id).update(is_active=False)

    def listed(**query):
        response = admin_client.get(reverse("admin:accounts_session_changelist"), query)
        return {session: session.is_alive for session in response.context["cl"].result_list}

    assert listed(state="alive") == {alive: True}
    assert listed() == {alive: True, ended: False, expired: False, inactive: False}


def test_admin_goes_from_a_user_to_its_rows(admin_client):
    application = ApplicationFactory()
    other = ApplicationFactory()
    seeker, employer = application.job_seeker.user, application.job.employer.user
    SkillFactory.create_batch(2, user=seeker)
    OutgoingEmailFactory(recipient=seeker)
    open_session(seeker)
    AuditEventFactory(user=seeker)
    JobFactory(employer=other.job.employer)

    pages = {user: admin_client.get(reverse(CHANGE, args=[user.pk])) for user in (seeker, employer)}
    lists = {user: page.context["related_lists"] for user, page in pages.items()}

    assert {name: number for name, number, _ in lists[seeker]} == {
        "Skills": 2,
        "Sessions": 1,
        "Audit events": 1,
        "Resumes": 1,
        "Applications": 1,
        "Outgoing emails": 1,
    }
    assert {name: number for name, number, _ in lists[employer]} == {"Jobs": 1, "Applications": 1}
    for rows in lists.values():
        for name, number, url in rows:
            assert admin_client.get(url).context["cl"].result_count == number, name


def test_staff_goes_only_to_rows_that_it_may_view(client, db):
    clerk = UserFactory(is_staff=True)
    clerk.user_permissions.set(Permission.objects.filter(codename__in=["view_user", "view_job"]))
    client.force_login(clerk)
    employer = ApplicationFactory().job.employer

    page = client.get(reverse(CHANGE, args=[employer.pk]))

    assert [name for name, *_ in page.context["related_lists"]] == ["Jobs"]


def test_admin_ends_all_sessions_of_a_user(admin_client, seeker, employer):
    values = {"action": "end_all_sessions", "confirmed": "on", "_selected_action": [seeker.user.pk]}

    page = admin_client.post(reverse("admin:accounts_user_changelist"), values, follow=True).content.decode()

    assert "1 logged out." in page
    assert seeker.get("/api/auth/me/").status_code == 401
    assert employer.get("/api/auth/me/").status_code == 200
