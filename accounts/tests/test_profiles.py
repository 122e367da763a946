import pytest

from accounts.models import Employer, JobSeeker
from accounts.tests.factories import EmployerFactory, JobSeekerFactory, UserFactory


def url_of(client):
    kind = "jobseekers" if client.user.role == "job_seeker" else "employers"
    return f"/api/{kind}/{client.user.pk}/"


class TestJobSeeker:
    BODY = {"first_name": "Ben", "last_name": "Carson", "phone_number": "080444555666"}

    def test_seeker_replaces_the_own_profile(self, seeker):
        response = seeker.put(url_of(seeker), {"first_name": "Amy", "last_name": "Ade", "phone_number": "+234 1"})

        assert response.status_code == 200
        assert response.json() == {
            "user": str(seeker.user.pk),
            "first_name": "Amy",
            "last_name": "Ade",
            "phone_number": "+234 1",
        }
        profile = JobSeeker.objects.get()
        assert (profile.first_name, profile.last_name, profile.phone_number) == ("Amy", "Ade", "+234 1")

    def test_seeker_changes_one_field_and_keeps_the_others(self, seeker):
        before = seeker.get(url_of(seeker)).json()

        assert seeker.patch(url_of(seeker), {"last_name": "Ade"}).json() == {**before, "last_name": "Ade"}

    @pytest.mark.parametrize("value", ["", None, "  "])
    @pytest.mark.parametrize("method", ["put", "patch"])
    def test_seeker_clears_the_phone_number(self, seeker, method, value):
        response = getattr(seeker, method)(url_of(seeker), {**self.BODY, "phone_number": value})

        assert response.status_code == 200
        assert response.json()["phone_number"] == ""
        assert JobSeeker.objects.get().phone_number == ""

    def test_seeker_leaves_out_the_phone_number_and_keeps_it(self, seeker):
        seeker.put(url_of(seeker), {"first_name": "Ben", "last_name": "Carson"})

        assert JobSeeker.objects.get().phone_number == "080444555666"

    @pytest.mark.parametrize("phone", ["080444555666", "+1 (555) 010-0100 ext. 12", "call me", "1" * 32])
    def test_seeker_writes_a_phone_number_as_wanted(self, seeker, phone):
        assert seeker.patch(url_of(seeker), {"phone_number": phone}).json()["phone_number"] == phone

    def test_seeker_cannot_give_the_profile_to_somebody_else(self, seeker):
        other = UserFactory()

        response = seeker.put(url_of(seeker), {**self.BODY, "user": str(other.pk)})

        assert response.status_code == 200
        assert response.json()["user"] == str(seeker.user.pk)
        assert JobSeeker.objects.get().user == seeker.user

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("first_name", ""),
            ("last_name", None),
            ("first_name", "x" * 101),
            ("last_name", "x" * 101),
            ("phone_number", "1" * 33),
            ("phone_number", ["1"]),
            ("first_name", "a\x00b"),
        ],
    )
    def test_seeker_sends_a_bad_value_and_nothing_changes(self, seeker, field, value):
        before = seeker.get(url_of(seeker)).json()

        response = seeker.put(url_of(seeker), {**self.BODY, field: value})

        assert response.status_code == 400
        assert list(response.json()["errors"]) == [field]
        assert seeker.get(url_of(seeker)).json() == before

    def test_seeker_replaces_a_profile_without_a_name_and_it_is_named(self, seeker):
        response = seeker.put(url_of(seeker), {"first_name": "Ben"})

        assert response.json()["errors"] == {"last_name": ["This field is required."]}

    def test_admin_lists_all_profiles_newest_first_and_pages_do_not_overlap(self, admin):
        made = [str(JobSeekerFactory().pk) for _ in range(5)]

        pages = [admin.get(f"/api/jobseekers/?page_size=2&page={page}").json()["results"] for page in (1, 2, 3)]

        assert [row["user"] for page in pages for row in page] == made[::-1]


class TestEmployer:
    BODY = {
        "company_name": "Microsoft",
        "company_description": "A tech company",
        "website": "https://www.microsoft.com",
    }

    def test_employer_replaces_the_own_card(self, employer):
        response = employer.put(url_of(employer), self.BODY)

        assert response.status_code == 200
        assert response.json() == {"user": str(employer.user.pk), **self.BODY}
        assert Employer.objects.get().company_name == "Microsoft"

    def test_employer_sends_invisible_letters_and_they_are_removed(self, employer):
        values = {"company_name": "A\u202ecme\u00ad  Ltd\u200b", "website": "\u200bhttps://example.org/\u202ex"}

        response = employer.patch(url_of(employer), values).json()

        assert (response["company_name"], response["website"]) == ("Acme Ltd", "https://example.org/x")

    @pytest.mark.parametrize("value", ["", None])
    @pytest.mark.parametrize("field", ["company_description", "website"])
    @pytest.mark.parametrize("method", ["put", "patch"])
    def test_employer_clears_a_field(self, employer, method, field, value):
        response = getattr(employer, method)(url_of(employer), {**self.BODY, field: value})

        assert response.status_code == 200
        assert response.json()[field] == ""
        assert getattr(Employer.objects.get(), field) == ""

    def test_employer_cannot_give_the_card_to_somebody_else(self, employer):
        other = EmployerFactory()

        response = employer.patch(url_of(employer), {"user": str(other.pk), "company_name": "Mine"})

        assert response.json()["user"] == str(employer.user.pk)
        assert Employer.objects.get(pk=other.pk).company_name != "Mine"

    @pytest.mark.parametrize(
        "website",
        [
            "microsoft",
            "www.microsoft.com",
            "javascript:alert(1)",
            "https://",
            "https://a b.com",
            "https://example.org/" + "x" * 200,
            ["https://example.org"],
        ],
    )
    def test_employer_sends_a_bad_website_and_it_is_refused(self, employer, website):
        response = employer.patch(url_of(employer), {"website": website})

        assert response.status_code == 400
        assert list(response.json()["errors"]) == ["website"]
        assert Employer.objects.get().website == "https://www.example.org"

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("company_name", ""),
            ("company_name", "x" * 256),
            ("company_name", None),
            ("company_description", "x" * 5001),
        ],
    )
    def test_employer_sends_a_bad_value_and_it_is_refused(self, employer, field, value):
        response = employer.patch(url_of(employer), {field: value})

        assert response.status_code == 400
        assert list(response.json()["errors"]) == [field]

    def test_employer_fills_every_field_to_the_brim(self, employer):
        body = {
            "company_name": "x" * 255,
            "company_description": "x" * 5_000,
            "website": "https://example.org/" + "x" * 180,
        }

        assert employer.put(url_of(employer), body).json() == {"user": str(employer.user.pk), **body}

    def test_visitor_reads_a_card_without_anything_of_the_account(self, anonymous, employer):
        response = anonymous.get(url_of(employer))

        assert list(response.json()) == ["user", "company_name", "company_description", "website"]
        assert employer.user.email not in response.content.decode()
