"""Admin site in a real browser."""

import base64
import re
import time

import pytest
from django.conf import settings as configured
from django.urls import reverse
from django_otp.oath import hotp, totp
from django_otp.plugins.otp_totp.models import default_key

from accounts.tests.factories import PASSWORD, AdminFactory, EmployerFactory
from accounts.two_factor import enrol
from jobs.tests.factories import CategoryFactory, JobFactory
from notifications.tests.factories import OutgoingEmailFactory


@pytest.fixture
def administrator(transactional_db):
    JobFactory()
    return AdminFactory(email="root@example.org")


@pytest.fixture
def welds(transactional_db):
    """A category of a job, beside the category Welding."""
    CategoryFactory(name="Welding")
    return JobFactory(category__name="Welds").category


@pytest.fixture
def email(transactional_db):
    return OutgoingEmailFactory(
        html='<p style="color: rgb(1, 2, 3)">Hi</p><div style="display:none">hidden</div>', state="dead", attempts=3
    )


@pytest.fixture
def otp_required(settings):
    settings.ADMIN_TOTP_REQUIRED = True


@pytest.fixture
def violations(page):
    """What breaks the policy of the site, or a script."""
    found = []
    page.on("console", lambda message: found.extend(re.findall(".*Security Policy.*", message.text)))
    page.on("pageerror", lambda error: found.append(str(error)))
    return found


@pytest.mark.slow
def test_pages_and_emails_work_within_the_policy(live_server, administrator, email, page, violations):
    page.goto(f"{live_server.url}/{configured.ADMIN_PATH}/")
    page.fill("#id_username", administrator.email)
    page.fill("#id_password", PASSWORD)
    page.click("input[type=submit]")
    page.wait_for_selector("#user-tools")
    for name in (
        *("index", "accounts_user_changelist", "accounts_user_add", "jobs_job_changelist", "jobs_job_add"),
        *("accounts_auditevent_changelist", "admin_logentry_changelist", "notifications_outgoingemail_changelist"),
    ):
        page.goto(live_server.url + reverse(f"admin:{name}"))
        page.wait_for_load_state("networkidle")
    page.goto(live_server.url + reverse("admin:notifications_outgoingemail_change", args=[email.pk]))
    framed = page.frame_locator("iframe")
    # With its styles, as its recipient sees it.
    assert framed.locator("p").evaluate("element => getComputedStyle(element).color") == "rgb(1, 2, 3)"
    assert not framed.locator("div").is_visible()
    page.goto(live_server.url + reverse("admin:jobs_job_add"))
    # The calendar and the choice by searching are scripts.
    page.click(".datetimeshortcuts a >> nth=1")
    page.wait_for_selector(".calendarbox >> visible=true")
    page.click("#id_category + .select2")
    page.wait_for_selector(".select2-results__option")

    assert violations == []


@pytest.mark.slow
def test_category_is_merged_into_one_that_is_chosen_by_typing(live_server, administrator, welds, page, violations):
    page.goto(live_server.url + reverse("admin:jobs_category_change", args=[welds.pk]))
    page.fill("#id_username", administrator.email)
    page.fill("#id_password", PASSWORD)
    page.click("input[type=submit]")
    page.click("text=Merge into another")
    page.click(".select2")
    page.keyboard.type("weldi")
    page.click(".select2-results__option >> text=Welding")
    page.click("text=Yes, I’m sure")
    page.wait_for_selector("text=1 of 1 merged into “Welding”.")

    assert page.locator("#result_list >> text=Welds").count() == 0
    assert violations == []


@pytest.mark.slow
def test_lists_fit_a_screen_without_breaking_short_words(live_server, administrator, email, page):
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(live_server.url + reverse("admin:accounts_session_changelist"))
    page.fill("#id_username", administrator.email)
    page.fill("#id_password", PASSWORD)
    page.click("input[type=submit]")
    for name in ("accounts_user", "accounts_auditevent", "notifications_outgoingemail"):
        page.goto(live_server.url + reverse(f"admin:{name}_changelist"))
        fits, broken = page.evaluate(
            """() => {
                const list = document.querySelector(".results");
                for (const cell of list.querySelectorAll(".field-user, .field-email, .field-to")) {
                    cell.textContent = "long.address.".repeat(12);
                }
                const words = [...list.querySelectorAll(".field-role, .field-address, .field-kind, .field-state")];
                const isBroken = ({ firstChild }) => {
                    const word = document.createRange();
                    word.setStart(firstChild, 0);
                    word.setEnd(firstChild, firstChild.data.split(" ")[0].length);
                    return word.getClientRects().length > 1;
                };
                const texts = words.filter(({ firstChild }) => firstChild instanceof Text);
                return [list.scrollWidth <= list.clientWidth, texts.filter(isBroken).map((cell) => cell.innerText)];
            }"""
        )
        assert fits, name
        assert broken == [], name


@pytest.mark.slow
@pytest.mark.usefixtures("otp_required")
@pytest.mark.parametrize("width", [1280, 390])
def test_administrator_sets_up_two_factor_login(live_server, administrator, page, violations, width):
    page.set_viewport_size({"width": width, "height": 800})

    def log_in(**fields):
        page.goto(live_server.url + reverse("admin:accounts_user_changelist"))
        for name, value in {"username": administrator.email, "password": PASSWORD, **fields}.items():
            page.fill(f"#id_{name}", value)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.click("input[type=submit]")

    log_in()
    page.wait_for_url("**/two-factor/")
    assert page.locator("img[alt='QR code of the key']").evaluate("image => image.naturalWidth") > 150
    key = base64.b32decode(page.text_content("code.otp").replace(" ", ""))
    page.fill("#id_code", "000000")
    page.click("input[type=submit]")
    page.wait_for_selector(".errorlist")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    step = int(time.time()) // 30
    page.fill("#id_code", f"{hotp(key, step):06}")
    page.click("input[type=submit]")
    page.wait_for_selector("ul.otp")
    recovery_codes = page.locator("code.otp").all_text_contents()
    assert len(recovery_codes) == 10
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.click("text=I have stored the codes")
    page.wait_for_selector("#content-main .module")

    for code in (f"{hotp(key, step + 1):06}", recovery_codes[0]):
        page.click("#logout-form button")
        log_in(otp_token=code)
        page.wait_for_selector("#changelist")
    page.click("#logout-form button")
    log_in(otp_token=recovery_codes[0])
    assert "Each works once." in page.text_content(".errornote")
    assert violations == []


@pytest.fixture
def day(administrator, otp_required, settings):
    """Fields of the login, of a day with work to do: an email was given up, and Umbrella posts what it must not."""
    settings.EMAIL_HOST = "smtp.example.org"
    key = default_key()
    recovery_codes = enrol(user=administrator, key=key, code=f"{totp(bytes.fromhex(key)):06}")[1]
    umbrella = EmployerFactory(company_name="Umbrella", user__email="hiring@umbrella.example.org")
    JobFactory.create_batch(2, title="Pyramid Seller", employer=umbrella)
    OutgoingEmailFactory(
        to="ben@example.org", subject="Good news", state="dead", attempts=1, last_error="SMTPRecipientsRefused 550"
    )
    return {"username": administrator.email, "password": PASSWORD, "otp_token": recovery_codes[0]}


@pytest.mark.slow
@pytest.mark.parametrize("width", [1440, 390])
def test_day_of_an_administrator(live_server, day, page, violations, width):
    page.set_viewport_size({"width": width, "height": 900})

    def text(selector):
        return page.inner_text(selector)

    def confirm(reason=""):
        if reason:
            page.fill("textarea[name=reason]", reason)
        page.click("text=Yes, I’m sure")
        page.wait_for_selector(".messagelist")

    # Log in with a code.
    page.goto(live_server.url + reverse("admin:index"))
    for name, value in day.items():
        page.fill(f"#id_{name}", value)
    page.click("input[type=submit]")

    # Is all well today? An email was not sent; why?
    assert text("#figures-heading") == "Needs attention: emails given up"
    page.click("#figures-heading a")
    page.click("#result_list >> text=ben@example.org")
    assert "Given up after 1 attempt: smtp.example.org refused the address (550)." in text("#content")
    page.click("text=Send again")
    assert "They are sent within seconds" in text("#content")
    confirm()
    assert "1 of 1 emails queued again." in text(".messagelist")
    assert page.locator("button[value=send_again]").count() == 0

    # Block a company: its jobs are gone from the site.
    public = f"{live_server.url}/api/jobs/?search=pyramid"
    assert page.request.get(public).json()["count"] == 2
    page.goto(live_server.url + reverse("admin:accounts_user_changelist"))
    page.fill("#searchbar", "umbrella")
    page.click("#changelist-search input[type=submit]")
    page.click("#result_list >> text=hiring@umbrella.example.org")
    assert "Jobs 2" in text(".related-lists")
    page.click("button[value=block]")
    assert "The open jobs of an employer are closed" in text("#content")
    confirm("A pyramid scheme.")
    assert "1 blocked." in text(".messagelist")
    assert "A pyramid scheme." in text("#user_form")
    assert page.request.get(public).json()["count"] == 0

    # Import categories, at first with an error in the file.
    for csv, shown in (
        ("name\nCooking\nwww.example.org\n", "A web address is not allowed"),
        ("name\nCooking\n", "New"),
    ):
        page.goto(live_server.url + reverse("admin:jobs_category_import"))
        page.set_input_files("#id_import_file", {"name": "a.csv", "mimeType": "text/csv", "buffer": csv.encode()})
        page.click("input[value=Submit]")
        assert shown in text("table.import-preview")
    page.click("input[name=confirm]")
    assert "1 new" in text(".messagelist")

    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert violations == []
