"""Rates: who is counted under what, against the real caches, and what happens when those are away."""

import os
import socket
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from django.core.cache import caches
from django.core.exceptions import ImproperlyConfigured
from django.db import connection, transaction
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from redis import Redis
from redis.exceptions import RedisError

from accounts.tests.factories import PASSWORD, JobSeekerFactory
from anywork.api.throttling.addresses import client_address, client_network, network_prefix
from anywork.api.throttling.counting import CacheAway, DatabaseCache, RedisCache
from anywork.api.throttling.rates import Rate, parse_rates
from anywork.api.throttling.throttle import LEASES, Ledger, ledger
from anywork.testing.concurrency import at_once, wait_until_waited_for
from anywork.testing.processes import Program, is_up, wait_for
from anywork.testing.smtp import free_port
from applications.tests.factories import ApplicationFactory

JOBS = "/api/jobs/"
REDIS_URL = os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379/15")


@pytest.fixture(autouse=True)
def _nothing_counted_yet(db):
    """The cache's table has no model, so that no test leaves it empty by itself."""
    caches["default"].clear()
    ledger.clear()


@pytest.fixture
def rates(settings):
    """Return a function that sets the rates, as THROTTLE_RATES does."""

    def set_rates(**texts):
        settings.THROTTLE_RATES = parse_rates(",".join(f"{k}={v}" for k, v in texts.items()), dict.fromkeys(texts, ""))

    yield set_rates
    ledger.clear()


@pytest.fixture
def redis_cache():
    """The cache in Redis; keys of this test alone."""
    try:
        Redis.from_url(REDIS_URL, socket_timeout=1).ping()
    except RedisError:
        pytest.skip("no Redis on localhost")
    cache = RedisCache(REDIS_URL, {"KEY_PREFIX": f"anywork-test-{uuid.uuid4()}"})
    yield cache
    client = cache._cache.get_client(write=True)
    for key in client.scan_iter(f"{cache.key_prefix}:*"):
        client.delete(key)
    client.close()


@pytest.fixture
def database_cache(db):
    """The cache in PostgreSQL."""
    cache = caches["default"]
    assert isinstance(cache, DatabaseCache)
    return cache


@pytest.fixture(params=["database_cache", "redis_cache"])
def shared(request):
    """Each of the two caches."""
    return request.getfixturevalue(request.param)


def granted(process, rate):
    """Tell whether a ledger grants one request more."""
    outcome = process.spend("a", rate)
    assert outcome is not None
    return outcome[0]


class TestCounting:
    def test_count_goes_up_within_a_window(self, shared):
        counts = [shared.count("a", amount, 60) for amount in (1, 1, 5)]

        assert [count.total for count in counts] == [1, 2, 7]
        assert all(58 < count.seconds_left <= 60 for count in counts)
        assert shared.count("b", 1, 60).total == 1

    def test_count_starts_afresh_after_the_window(self, shared):
        assert shared.count("a", 7, 1).total == 7
        if isinstance(shared, DatabaseCache):
            with connection.cursor() as cursor:
                cursor.execute("UPDATE anywork_cache SET expires = clock_timestamp() - interval '1 ms'")
        else:
            shared._cache.get_client(write=True).delete(shared.make_key("a"))

        fresh = shared.count("a", 2, 60)
        assert fresh.total == 2
        assert fresh.seconds_left > 58

    def test_window_does_not_grow_with_each_count(self, shared):
        shared.count("a", 1, 2)

        assert shared.count("a", 1, 60).seconds_left <= 2

    @pytest.mark.django_db(transaction=True)
    def test_concurrent_counts_are_all_counted(self, shared):
        totals = at_once(*[lambda: shared.count("a", 1, 60).total] * 20)

        assert sorted(totals) == list(range(1, 21))

    def test_expired_counts_are_swept_and_others_stay(self, database_cache):
        cache = database_cache
        cache.count("old", 1, 60)
        with connection.cursor() as cursor:
            cursor.execute("UPDATE anywork_cache SET expires = clock_timestamp() - interval '1 ms'")
        cache.count("new", 1, 60)

        assert cache.remove_expired(until=0) == 1
        assert cache.count("new", 1, 60).total == 2

    def test_cache_also_keeps_values(self, shared):
        shared.set("greeting", {"hello": "world"}, 60)

        assert shared.get("greeting") == {"hello": "world"}

    def test_redis_that_is_away_is_told_as_such(self):
        with pytest.raises(CacheAway):
            RedisCache("redis://127.0.0.1:1/0", {}).count("a", 1, 60)

    @pytest.mark.slow
    def test_redis_that_is_frozen_is_not_waited_for(self):
        with socket.create_server(("127.0.0.1", 0)) as silent:
            frozen = RedisCache(f"redis://127.0.0.1:{silent.getsockname()[1]}/0", {})
            began = time.monotonic()
            with pytest.raises(CacheAway):
                frozen.count("a", 1, 60)

        assert time.monotonic() - began < 3


class TestLedger:
    """Processes that share a rate, each with a ledger of its own."""

    @pytest.mark.parametrize("limit", [1, 7, LEASES * 3, LEASES * 10 + 5])
    def test_processes_together_grant_no_more_than_the_rate(self, db, limit):
        processes = [Ledger(), Ledger(), Ledger()]
        rate = Rate(limit, 60)

        total = sum(granted(processes[turn % 3], rate) for turn in range(limit * 2))

        lease = max(1, limit // LEASES)
        assert limit - 2 * lease < total <= limit

    def test_one_process_grants_the_whole_rate(self, db):
        process = Ledger()

        assert [granted(process, Rate(250, 60)) for _ in range(260)] == [True] * 250 + [False] * 10

    def test_most_requests_and_all_refusals_ask_nobody(self, db):
        process = Ledger()

        with CaptureQueriesContext(
            connection,
        ) as queries:
            for _ in range(2_000):
                process.spend("a", Rate(1_000, 60))

        assert len(queries) == LEASES

    def test_next_window_grants_again(self, db):
        process = Ledger()
        assert [granted(process, Rate(1, 1)) for _ in range(2)] == [True, False]
        with connection.cursor() as cursor:
            cursor.execute("UPDATE anywork_cache SET expires = clock_timestamp() - interval '1 ms'")
        process.clear()

        assert granted(process, Rate(1, 1))

    def test_memory_is_bounded(self, db):
        process = Ledger(max_leases=3)
        for name in "abcde":
            process.spend(name, Rate(5, 60))

        assert list(process._leases) == ["c", "d", "e"]

    @pytest.mark.django_db(transaction=True)
    def test_threads_lose_no_lease_to_each_other(self):
        process, rate = Ledger(), Rate(LEASES * 4, 60)

        def spend():
            return sum(granted(process, rate) for _ in range(rate.limit // 8))

        assert sum(at_once(*[spend] * 10)) == rate.limit

    @pytest.mark.django_db(transaction=True)
    def test_thread_waits_for_the_lease_that_another_takes(self, database_cache):
        process, rate = Ledger(), Rate(LEASES * 2, 60)
        lease = rate.limit // LEASES
        # All but the last lease are taken.
        database_cache.count(f"a.{rate.limit}.{rate.seconds}", rate.limit - lease, rate.seconds)

        with ThreadPoolExecutor(1) as thread:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SELECT FROM anywork_cache FOR UPDATE")
                spent = thread.submit(at_once, *[lambda: granted(process, rate)] * lease)
                wait_until_waited_for()
            assert spent.result() == [True] * lease

        assert database_cache.count(f"a.{rate.limit}.{rate.seconds}", 0, rate.seconds).total == rate.limit

    @pytest.mark.django_db(transaction=True)
    def test_threads_together_get_what_there_is(self):
        process = Ledger()

        assert sum(at_once(*[lambda: granted(process, Rate(12, 60))] * 20)) == 12


class TestRates:
    def test_visitor_beyond_the_rate_gets_429_with_the_time_to_wait(self, anonymous, db, rates):
        rates(anon="3/min")

        responses = [anonymous.get(JOBS) for _ in range(4)]

        assert [response.status_code for response in responses] == [200, 200, 200, 429]
        assert [response.headers["RateLimit-Policy"] for response in responses] == ['"anon";q=3;w=60'] * 4
        assert [response.headers["RateLimit"].rpartition(";")[0] for response in responses] == [
            '"anon";r=2',
            '"anon";r=1',
            '"anon";r=0',
            '"anon";r=0',
        ]
        assert 58 <= int(responses[3].headers["Retry-After"]) <= 60
        body = responses[3].json()
        assert body["code"] == "throttled"
        assert body["message"].startswith("Too many requests. Please try again in ")
        assert "Retry-After" not in responses[2].headers

    def test_visitors_at_other_addresses_are_not_held_up(self, anonymous, db, rates):
        rates(anon="1/min")
        assert [anonymous.get(JOBS).status_code for _ in range(2)] == [200, 429]

        assert anonymous.get(JOBS, REMOTE_ADDR="203.0.113.7").status_code == 200

    def test_neighbours_in_one_ipv6_network_share_the_rate(self, anonymous, db, rates):
        rates(anon="1/min")

        addresses = ["2001:db8:1:2::1", "2001:db8:1:2:ffff::9", "2001:db8:1:3::1"]
        assert [anonymous.get(JOBS, REMOTE_ADDR=address).status_code for address in addresses] == [200, 429, 200]

    def test_visitor_cannot_invent_an_address_without_a_proxy(self, anonymous, db, rates):
        rates(anon="1/min")

        forged = [anonymous.get(JOBS, HTTP_X_FORWARDED_FOR=f"203.0.113.{n}").status_code for n in range(2)]
        assert forged == [200, 429]

    def test_visitor_cannot_invent_an_address_behind_a_proxy(self, anonymous, db, rates, settings):
        rates(anon="1/min")
        settings.NUM_PROXIES = 1

        def ask(forwarded):
            return anonymous.get(JOBS, HTTP_X_FORWARDED_FOR=forwarded).status_code

        assert [ask("198.51.100.1, 203.0.113.7"), ask("198.51.100.2, 203.0.113.7")] == [200, 429]
        assert ask("203.0.113.7, 203.0.113.8") == 200

    def test_users_are_counted_by_account_wherever_they_are(self, seeker, employer, rates):
        rates(user="1/min", anon="100/min")

        assert seeker.get(JOBS).status_code == 200
        assert seeker.get(JOBS, REMOTE_ADDR="203.0.113.7").status_code == 429
        assert employer.get(JOBS).status_code == 200

    def test_unknown_urls_and_bad_tokens_count_by_address(self, anonymous, seeker, rates, settings):
        rates(anon="2/min", user="9/min", login="1/min")
        settings.CORS_ALLOWED_ORIGINS = ["https://www.example.org"]
        anonymous.credentials(HTTP_AUTHORIZATION="Bearer nonsense", HTTP_ORIGIN="https://www.example.org")

        responses = [anonymous.get(url) for url in ("/api/nothing/", "/api/auth/me/", "/api/auth/me/", "/nothing")]

        assert [response.status_code for response in responses] == [404, 401, 429, 429]
        assert [response.headers["RateLimit"].split(";t=")[0] for response in responses] == [
            *('"anon";r=1', '"anon";r=0', '"anon";r=0', '"anon";r=0'),
        ]
        refused = responses[2]
        assert refused.json()["code"] == "throttled"
        assert int(refused.headers["Retry-After"]) > 0
        assert refused.headers["Access-Control-Allow-Origin"] == "https://www.example.org"
        assert seeker.get(JOBS, REMOTE_ADDR="127.0.0.1").status_code == 200
        # What a view has counted is not counted again.
        login = [anonymous.post("/api/auth/login/", {}, REMOTE_ADDR="203.0.113.7").status_code for _ in range(2)]
        assert login == [400, 429]
        assert anonymous.get("/nothing", REMOTE_ADDR="203.0.113.7").headers["RateLimit"].startswith('"anon";r=1')

    def test_rates_that_are_off_are_off(self, anonymous, db, rates):
        rates()

        responses = [anonymous.get(JOBS) for _ in range(3)]
        assert {response.status_code for response in responses} == {200}
        assert "RateLimit" not in responses[0].headers

    def test_refused_request_changes_nothing(self, anonymous, db, rates, django_user_model):
        rates(register="1/hour")
        body = {"password": PASSWORD, "role": "job_seeker"}

        responses = [anonymous.post("/api/auth/register/", {**body, "email": f"u{n}@example.org"}) for n in range(2)]

        assert [response.status_code for response in responses] == [201, 429]
        assert list(django_user_model.objects.values_list("email", flat=True)) == ["u0@example.org"]

    def test_every_scope_has_its_own_count(self, anonymous, seeker, employer, rates):
        once = ("register", "login", "refresh", "apply", "upload", "notify", "export", "post", "vocabulary", "decide")
        rates(**dict.fromkeys(once, "1/min"), user="9/min", anon="9/min")
        application = f"/api/applications/{ApplicationFactory(job_seeker=seeker.user.job_seeker).pk}/"

        def use(client, url, body=None):
            return [client.post(url, body or {}) for _ in range(2)]

        used = {
            "register": use(anonymous, "/api/auth/register/"),
            "login": use(anonymous, "/api/auth/login/"),
            "refresh": use(anonymous, "/api/auth/refresh/"),
            "apply": use(seeker, "/api/applications/"),
            "upload": [seeker.post("/api/resumes/", {}, format="multipart") for _ in range(2)],
            "notify": use(seeker, "/api/notifications/"),
            "export": [seeker.get("/api/auth/me/export/") for _ in range(2)],
            "post": use(employer, JOBS),
            "vocabulary": use(employer, "/api/categories/"),
            "decide": [seeker.patch(application, {"status": "accepted"}) for _ in range(2)],
        }

        assert used["export"][0].getvalue()

        firsts = dict.fromkeys(once, 400) | {"export": 200, "decide": 403}
        for scope, (first, second) in used.items():
            assert (first.status_code, second.status_code) == (firsts[scope], 429), scope
            assert first.headers["RateLimit-Policy"] == f'"{scope}";q=1;w=60'
        # These count under the same scopes.
        assert anonymous.post("/api/auth/google/", {"code": "x"}).status_code == 429
        assert use(employer, "/api/employer/jobs/")[0].status_code == 429
        assert use(employer, "/api/locations/")[0].status_code == 429
        assert seeker.delete(application).status_code == 429
        for url in ("/api/applications/", "/api/resumes/", "/api/notifications/"):
            assert seeker.get(url).headers["RateLimit-Policy"] == '"user";q=9;w=60'

    def test_accounts_at_one_address_share_its_rate(self, seeker, employer, rates):
        rates(user="9/min", address="2/min")

        responses = [client.get("/api/skills/") for client in (seeker, employer, seeker)]

        assert [response.status_code for response in responses] == [200, 200, 429]
        assert responses[1].headers["RateLimit-Policy"] == '"user";q=9;w=60'
        assert responses[2].headers["RateLimit-Policy"] == '"address";q=2;w=60'
        assert seeker.get("/api/skills/", REMOTE_ADDR="203.0.113.7").status_code == 200

    def test_guesses_at_the_admin_site_count_as_logins(self, client, anonymous, db, rates):
        rates(login="3/min")
        guess = {"username": "root@example.org", "password": "wrong"}

        guesses = [client.post("/admin/login/", guess) for _ in range(4)]

        assert [guess.status_code for guess in guesses] == [200, 200, 200, 429]
        assert guesses[3].json()["code"] == "throttled"
        assert int(guesses[3].headers["Retry-After"]) > 0
        assert anonymous.post("/api/auth/login/", {}).status_code == 429
        # Its page is shown all the same.
        assert client.get("/admin/login/").status_code == 200

    def test_list_costs_no_query_but_for_one_in_many(self, anonymous, db, rates, django_assert_num_queries):
        # The second time, the number of jobs is known.
        anonymous.get(JOBS)
        with CaptureQueriesContext(connection) as unlimited:
            anonymous.get(JOBS)
        rates(anon="1200/min")
        with django_assert_num_queries(len(unlimited) + 1):
            anonymous.get(JOBS)
        with django_assert_num_queries(len(unlimited) * 11):
            for _ in range(11):
                anonymous.get(JOBS)

    def test_cache_holds_neither_addresses_nor_accounts(self, anonymous, seeker, rates):
        rates(user="1/min", anon="1/min")
        anonymous.get(JOBS, REMOTE_ADDR="203.0.113.7")
        seeker.get(JOBS)

        with connection.cursor() as cursor:
            cursor.execute("SELECT cache_key, value FROM anywork_cache")
            rows = cursor.fetchall()
        assert len(rows) == 2
        assert "203.0.113" not in str(rows)
        assert str(seeker.user.pk) not in str(rows)

    @pytest.mark.django_db(transaction=True)
    def test_site_works_while_the_cache_is_away(self, client, rates, caplog):
        rates(anon="1/min")
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE anywork_cache RENAME TO anywork_cache_away")
        try:
            responses = [client.get(JOBS) for _ in range(3)]
        finally:
            with connection.cursor() as cursor:
                cursor.execute("ALTER TABLE anywork_cache_away RENAME TO anywork_cache")

        assert [response.status_code for response in responses] == [200] * 3
        # Left alone after the first failure.
        assert [
            record.getMessage() for record in caplog.records if record.name == "anywork.api.throttling.throttle"
        ] == ["The cache is away (ProgrammingError); rates are not enforced meanwhile"]


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("shared", ["database_cache", "redis_cache"])
def test_three_web_processes_share_one_count(request, tmp_path, shared):
    request.getfixturevalue(shared)
    port = free_port()
    web = Program(
        *("gunicorn", "anywork.wsgi", "--bind", f"127.0.0.1:{port}"),
        log=tmp_path / "web",
        environment={
            "CACHE_URL": "dbcache://" if shared == "database_cache" else REDIS_URL,
            # Counted under a name of this run, which was not used within the last hour.
            "SECRET_KEY": f"{uuid.uuid4()}{uuid.uuid4()}",
            "THROTTLE_RATES": "anon=20/hour",
            "WEB_CONCURRENCY": "3",
            "STATIC_ROOT": str(tmp_path),
        },
    )
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=20) as client, ThreadPoolExecutor(6) as threads:
            wait_for(lambda: web.log.count("Booting worker") == 3 and is_up(client), "the web server")
            statuses = list(threads.map(lambda _: client.get(JOBS).status_code, range(50)))
    finally:
        web.stop()

    assert statuses.count(200) == 20
    assert statuses.count(429) == 30


class TestRateTexts:
    DEFAULTS = {"login": "60/min", "apply": "60/hour"}

    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("", {"login": Rate(60, 60), "apply": Rate(60, 3_600)}),
            ("login=20/min", {"login": Rate(20, 60), "apply": Rate(60, 3_600)}),
            (" login = 20/m , apply=5/day,", {"login": Rate(20, 60), "apply": Rate(5, 86_400)}),
            ("login=off", {"apply": Rate(60, 3_600)}),
            ("off", {}),
            (" OFF ", {}),
        ],
    )
    def test_operator_sets_rates(self, text, expected):
        assert parse_rates(text, self.DEFAULTS) == expected

    @pytest.mark.parametrize(
        "text",
        [
            "logn=20/min",
            "login",
            "login=",
            "login=20",
            "login=0/min",
            "login=-1/min",
            "login=20/fortnight",
            "login=many/min",
            "20/min",
            "on",
        ],
    )
    def test_operator_mistypes_and_is_told(self, text):
        with pytest.raises(ImproperlyConfigured, match="THROTTLE_RATES"):
            parse_rates(text, self.DEFAULTS)


class TestAddresses:
    @pytest.mark.parametrize(
        ("peer", "forwarded", "proxies", "expected"),
        [
            ("203.0.113.7", None, 0, "203.0.113.7"),
            ("203.0.113.7", "198.51.100.1", 0, "203.0.113.7"),
            ("10.0.0.1", "198.51.100.1", 1, "198.51.100.1"),
            ("10.0.0.1", "6.6.6.6, 198.51.100.1, 10.0.0.2", 2, "198.51.100.1"),
            # Fewer hops than proxies: the request bypassed one.
            ("203.0.113.7", "6.6.6.6", 2, "203.0.113.7"),
            ("203.0.113.7", "", 1, "203.0.113.7"),
            ("10.0.0.1", "nonsense", 1, "10.0.0.1"),
            ("10.0.0.1", "198.51.100.1:4711", 1, "198.51.100.1"),
            ("10.0.0.1", "[2001:db8::1]:4711", 1, "2001:db8::1"),
            ("10.0.0.1", "2001:db8::1", 1, "2001:db8::1"),
            ("::ffff:203.0.113.7", None, 0, "203.0.113.7"),
            ("", None, 0, "0.0.0.0"),  # noqa: S104 - not to bind to
        ],
    )
    def test_client_is_known_by_what_the_proxies_saw(self, settings, peer, forwarded, proxies, expected):
        settings.NUM_PROXIES = proxies
        request = RequestFactory().get("/", REMOTE_ADDR=peer)
        if forwarded is not None:
            request.META["HTTP_X_FORWARDED_FOR"] = forwarded

        assert str(client_address(request)) == expected

    def test_addresses_are_shortened(self):
        request = RequestFactory().get("/", REMOTE_ADDR="2001:db8:1:2:3:4:5:6")
        assert client_network(client_address(request)) == "2001:db8:1:2::/64"
        assert network_prefix(client_address(request)) == "2001:db8:1::/48"
        request = RequestFactory().get("/", REMOTE_ADDR="203.0.113.7")
        assert client_network(client_address(request)) == "203.0.113.7/32"
        assert network_prefix(client_address(request)) == "203.0.113.0/24"


def test_back_off_stays_when_rates_are_off(anonymous, db, rates):
    rates()
    JobSeekerFactory(user__email="ben@example.org")

    statuses = [
        anonymous.post("/api/auth/login/", {"email": "ben@example.org", "password": "wrong"}).status_code
        for _ in range(11)
    ]
    assert statuses == [401] * 10 + [429]
