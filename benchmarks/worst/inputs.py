"""Worst known input of each endpoint, in the order of sending.

A test fails for an operation of the schema without an entry. Long values are as long as the documented limits allow,
and rows are those of the caller with the most of them.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple
from urllib.parse import urlencode
from uuid import UUID

from benchmarks.fill.vocabulary import CITIES, FREQUENT, ROLES, WORDS

DESCRIPTION = 20_000
SEARCH = 200


class Input(NamedTuple):
    """A request without its method and path.

    Attributes:
        name: what makes it expensive.
        caller: a name of `Subjects.tokens`; "" sends no token.
        query: parameters; a list repeats one.
        json: the body, with `{names}` of rows in its strings; a str or bytes is sent unchanged.
        file: the file of a multipart body.
        headers: in addition to those of every request.
    """

    name: str
    caller: str = ""
    query: Mapping[str, Any] | str = ""
    json: Any = None
    file: bytes | None = None
    headers: Mapping[str, str] = {}

    @property
    def query_string(self) -> str:
        return self.query if isinstance(self.query, str) else urlencode(self.query, doseq=True)


def _fill(words: Sequence[str], length: int, joint: str = " ") -> str:
    """Return distinct words, at most `length` characters in total."""
    text = ""
    for word in words:
        if len(longer := f"{text}{joint}{word}" if text else word) > length:
            break
        text = longer
    return text


_COMMON = FREQUENT.split()[40:]
_RARE = WORDS.choices[len(FREQUENT.split()) :]
_MISSPELT = [word[:2] + word[3:] for word in "".join(f"{role} " for role in ROLES).split() if len(word) > 5]
_LONG = _fill([f"{word}{number}" for number, word in enumerate(_RARE)], DESCRIPTION)
_HUGE = 900_000

HEADERS = {
    "Accept": "application/json," + _fill([f"a/{number};q=0.1" for number in range(2_000)], 7_900, ","),
    "Accept-Language": _fill([f"x{number};q=0.1" for number in range(2_000)], 400, ","),
    "Cookie": _fill([f"c{number}=a" for number in range(2_000)], 8_000, ";"),
    "If-None-Match": _fill([f'"{number}"' for number in range(2_000)], 8_000, ","),
    "User-Agent": _fill([f"({number}" for number in range(2_000)], 8_000),
    "X-Forwarded-For": _fill([f"1.1.1.{number % 256}" for number in range(2_000)], 8_000, ","),
}

_SEARCHES = {
    "misspelt words": _fill(_MISSPELT, SEARCH),
    "misspelt words of four letters": _fill([word[:4] for word in _MISSPELT], SEARCH),
    "one letter missing of a common word": "pythn enginer",
    "common words": _fill(_COMMON, SEARCH),
    "three common words": "experience team business",
    "common words, joined by or": _fill(_COMMON, SEARCH, " or "),
    "common words in one phrase": f'"{_fill(_COMMON, SEARCH - 2)}"',
    "common phrases": '"team work" "business support" "or experience"',
    "a common word without others": "experience " + _fill([f"-{word}" for word in _COMMON], SEARCH - 11),
    "only unwanted words": _fill([f"-{word}" for word in _COMMON], SEARCH),
    "unwanted phrases": _fill([f'-"{one} {two}"' for one, two in pairwise(_COMMON)], SEARCH),
    "the beginning of many words": "con",
    "the beginning of many words, joined by or": _fill(["experience", "team", "business", "pro"], SEARCH, " or "),
    "one long word": "a" * SEARCH,
    "one long word of two letters": "ab" * (SEARCH // 2),
    "quotes": '"' * SEARCH,
    "minuses": "-" * SEARCH,
    "dots": "a." * (SEARCH // 2),
    "ligatures that grow": "\ufdfa" * SEARCH,
    "stop words": _fill(["the", "and", "of", "to"] * 20, SEARCH),
    "js and .net": _fill(["a.js", ".net", "c++", "c#", "it's"] * 20, SEARCH),
}
_PLACES = [f"{city}, {country}" for country, cities in CITIES.items() for city in cities.split(",")]
_ROLES = [role for role in ROLES if " " not in role]

_LISTS = {
    **{name: {"search": text} for name, text in _SEARCHES.items()},
    "common words, by title": {"search": "experience team", "ordering": "title"},
    "common words, worst paid first": {"search": "experience team", "ordering": "salary"},
    "common word, deep page": {"search": "experience", "page": "{deep_page}"},
    "common phrase, by title": {"search": '"team work"', "ordering": "title"},
    "deep page": {"page": "{deep_page}", "page_size": "200"},
    "deep page, by title": {"page": "{deep_page}", "page_size": "200", "ordering": "title"},
    "deep page, best paid": {"page": "{deep_page}", "page_size": "200", "ordering": "-salary"},
    "deep page, worst paid": {"page": "{deep_page}", "page_size": "200", "ordering": "salary"},
    "every order": {"ordering": "salary,title,closing,expires_at,posted_at", "page": "{deep_page}"},
    "200 rows with details": {"page_size": "200", "expand": "employer,location,category,salary"},
    "details named a thousand times": {"expand": ",".join(["employer"] * 800)},
    "thousands of types": {"job_type": ["full-time"] * 590},
    "types joined": {"job_type": ["full-time", "part-time", "contract", "internship", "temporary", "remote"]},
    "50 unknown categories": {"category": [f"c{number}" for number in range(50)]},
    "300 categories": {"category": [f"c{number}" for number in range(300)]},
    "50 skills": {"skill": [f"Skill {number}" for number in range(1, 51)]},
    "a common skill, by title": {"skill": "Skill 1", "ordering": "title"},
    "a common skill, deep page": {"skill": "Skill 1", "page": "400"},
    "a rare skill with common words": {"skill": "Skill 4999", "search": "experience team"},
    "skills that are long": {"skill": [f"{number}" + "\ufdfa" * 250 for number in range(5)]},
    "200 rows with skills": {"page_size": "200", "expand": "skills"},
    "a location that is searched for": {"location": "experience"},
    "a location of many parts": {"location": ",".join(["a"] * 127)},
    "a location that is long": {"location": _fill(_COMMON, 255)},
    "a city of long words": {"city": "é" * 255},
    "near everything": {"near": "Frankfurt", "radius_km": "1000"},
    "near everything, by title": {"near": "Frankfurt", "radius_km": "1000", "ordering": "title", "page": "200"},
    "near everything, with a common word": {"near": "Frankfurt", "radius_km": "1000", "search": "experience"},
    "near what is unknown": {"near": "z" * 255},
    "near a place in an unknown country": {"near": "Paris, " + "z" * 240},
    "any pay": {"salary_min": "1", "salary_max": "999999999", "include_unspecified": "true"},
    "no pay": {"salary_min": "999999998", "salary_max": "999999999"},
    "no pay, by title": {"salary_min": "999999998", "ordering": "title"},
    "pay in a rare currency": {"salary_currency": "XPF"},
    "pay in a currency, best paid, deep page": {
        "salary_currency": "USD",
        "ordering": "-salary",
        "page": "50",
        "page_size": "200",
    },
    "no pay in a currency": {"salary_currency": "USD", "salary_min": "999999998"},
    "pay of thousands of digits": {"salary_min": "9" * 7_000},
    "pay with a large exponent": {"salary_min": "1e999999999"},
    "posted at no time": {"posted_after": "2999-01-01T00:00:00Z"},
    "posted long ago, by title": {"posted_before": "2000-01-01T00:00:00Z", "ordering": "title"},
    "a page of thousands of digits": {"page": "9" * 7_000},
    "unknown parameters": "&".join(f"p{number}=1" for number in range(900)),
    "everything at once": {
        "search": "experience team",
        "job_type": ["full-time", "part-time"],
        "country": "Germany",
        "near": "Frankfurt",
        "radius_km": "1000",
        "salary_min": "1",
        "salary_max": "999999999",
        "posted_after": "2000-01-01T00:00:00Z",
        "posted_before": "2999-01-01T00:00:00Z",
        "ordering": "title",
    },
    "everything at once, and misspelt": {
        "search": _fill(_MISSPELT, SEARCH),
        "job_type": ["full-time", "part-time"],
        "category": [f"c{number}" for number in range(50)],
        "location": "experience",
        "city": "Berlin",
        "country": "Germany",
        "near": "Frankfurt",
        "radius_km": "1000",
        "salary_min": "1",
        "salary_max": "2",
        "posted_after": "2000-01-01T00:00:00Z",
        "posted_before": "2999-01-01T00:00:00Z",
    },
}

_FACETS = {name: query for name, query in _LISTS.items() if not isinstance(query, dict) or "page" not in query}


def _queries(queries: Mapping[str, Any], caller: str = "") -> tuple[Input, ...]:
    return tuple(Input(name, caller, query) for name, query in queries.items())


def _bodies(caller: str, *valid: Input, **fields: Any) -> tuple[Input, ...]:
    """Return `valid`, and bodies that every endpoint refuses: as large, deep and long in each field as possible."""
    size = _HUGE // max(1, len(fields))
    return (
        Input("nested 100,000 deep", caller, json='{"a":' + "[" * 100_000 + "]" * 100_000 + "}"),
        Input("90,000 keys", caller, json="{" + ",".join(f'"k{number}":1' for number in range(90_000)) + "}"),
        Input("a list of 200,000 numbers in each field", caller, json={name: [1] * (size // 5) for name in fields}),
        Input("900 kB in the fields", caller, json=dict.fromkeys(fields, "a@" * (size // 2))),
        Input("900 kB of spaces in the fields", caller, json=dict.fromkeys(fields, "a" + " " * size + "a")),
        Input("numbers of 100 digits", caller, json={"a": [int("9" * 100)] * (_HUGE // 102)}),
        Input("a number of 900,000 digits", caller, json='{"a":' + "9" * _HUGE + "}"),
        Input("escapes", caller, json='{"a":"' + "\\ud83d\\ude00" * (_HUGE // 12) + '"}'),
        *valid,
    )


def _job(**changes: Any) -> dict[str, Any]:
    return {
        "title": _fill([word.capitalize() for word in _RARE[5_000:]], 255),
        "description": _LONG,
        "job_type": "full-time",
        "salary_range": "$80,000 - $100,000",
        "expires_at": "2999-12-31",
        "location": "{location}",
        "category": "{category}",
        "skills": [{"name": f"{number:02}" + "\ufdfa" * 98, "importance": "useful"} for number in range(30)],
        **changes,
    }


# Worst cases of the regular expressions.
_TEXTS = {
    "different words": _LONG,
    "one word": "a" * DESCRIPTION,
    "c++": "c++ " * (DESCRIPTION // 4),
    "node js": "node js " * (DESCRIPTION // 8),
    ".js": "a" * (DESCRIPTION - 3) + ".js",
    ".net": ".net" * (DESCRIPTION // 4),
    "hyphens": "a-" * (DESCRIPTION // 2),
    "only hyphens": "-" * DESCRIPTION,
    "IT's": "IT's " * (DESCRIPTION // 5),
    "punctuation": ".," * (DESCRIPTION // 2),
    "ligatures that grow": "\ufdfa" * DESCRIPTION,
    "combining marks": "a" + "\u0301\u0316" * (DESCRIPTION // 2 - 1),
    "at signs": "a@" * (DESCRIPTION // 2),
    "paths": "a/" * (DESCRIPTION // 2),
    "tags": "<a " * (DESCRIPTION // 3),
    "digits": "1." * (DESCRIPTION // 2),
}
_SALARIES = {
    "digits": "1" * 100,
    "groups": "1,11" + ",11" * 32,
    "a range of spaces": "1-" + " " * 97 + "x",
    "dots": "1." * 50,
    "per and spaces": "per " + " " * 96,
    "amounts": "$1" * 50,
    "grades": "a1-" * 33,
    "ligatures that grow": "\ufdfa" * 100,
}


def _jobs(caller: str) -> tuple[Input, ...]:
    return _bodies(
        caller,
        *(Input(f"description: {name}", caller, json=_job(description=text)) for name, text in _TEXTS.items()),
        *(Input(f"salary: {name}", caller, json=_job(salary_range=text)) for name, text in _SALARIES.items()),
        **_job(),
    )


# Actions of a job, in an order in which each is possible, with the fields of their body.
_LIFE: tuple[tuple[str, dict[str, str], tuple[Input, ...]], ...] = tuple(
    (action, body, (Input("a job with applications", "employer", json=body),))
    for action, body in (
        ("pause", {}),
        ("resume", {}),
        ("extend", {"expires_at": "2999-12-31T12:00:00Z"}),
        ("close", {"reason": "filled"}),
        ("relist", {"expires_at": "2999-12-31"}),
        ("duplicate", {}),
        ("publish", {"publish_at": "2999-12-30"}),
    )
)


def _pdf(size: int, middle: bytes) -> bytes:
    start = b"%PDF-1.7\n1 0 obj\n<</Type/Catalog>>\nendobj\n"
    end = b"xref\n0 1\ntrailer\n<</Size 1/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n"
    body = start + (middle * (size // len(middle) + 1))[: size - len(start) - 100]
    return body + end % len(body)


_PDFS = (
    Input("10 MiB", "seeker", file=_pdf(10 * 1024 * 1024, b"stream ")),
    Input("10 MiB of line breaks", "seeker", file=_pdf(10 * 1024 * 1024, b"\n")),
    Input("10 MiB of cross-references", "seeker", file=_pdf(10 * 1024 * 1024, b"xref trailer startxref\n")),
    Input(
        "9 MB of parts",
        "seeker",
        json=b"".join(b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\nx\r\n' for _ in range(160_000))
        + b"--b--",
        headers={"Content-Type": "multipart/form-data; boundary=b"},
    ),
    Input(
        "1 MB of headers of a part",
        "seeker",
        json=b"--b\r\n" + b"A: b\r\n" * 180_000 + b"\r\nx\r\n--b--",
        headers={"Content-Type": "multipart/form-data; boundary=b"},
    ),
    Input(
        "9 MB of dashes",
        "seeker",
        json=b"--b\r\n\r\n" + b"\r\n--" * 2_200_000 + b"\r\n--b--",
        headers={"Content-Type": "multipart/form-data; boundary=b"},
    ),
)

_SAVED = {
    **{name: urlencode({"search": text}) for name, text in _SEARCHES.items()},
    "50 categories": urlencode({"category": [f"c{number}" for number in range(50)]}, doseq=True),
    "near everything": "near=Frankfurt&radius_km=1000",
    "many parameters": "&" * 900,
}


def _queries_saved(caller: str) -> tuple[Input, ...]:
    bodies = {name: {"name": "n" * 100, "query": query[:2_000]} for name, query in _SAVED.items()}
    return tuple(Input(name, caller, json=body) for name, body in bodies.items())


_PAGES = {"200 rows": {"page_size": "200"}, "an unknown page": {"page": "1000000"}}
_LETTER = (_LONG[:10_000]).strip()
_QUESTION = {
    "text": _LONG[:500].strip(),
    "kind": "choices",
    "choices": [f"{number} {_LONG[: 200 - 3]}".strip() for number in range(50)],
    "required": True,
}
_EMAIL = {
    "at signs": "a@" * 120 + "example.com",
    "dots": "a." * 100 + "a@example.com",
    "a domain of labels": "a@" + "a." * 110 + "example",
    "letters that grow": "a@" + "\u0130" * 80 + ".com",
    "quotes": '"' + "\\a" * 100 + '"@example.com',
}


def _emails(**others: str) -> tuple[Input, ...]:
    return tuple(Input(f"address: {name}", json={"email": text, **others}) for name, text in _EMAIL.items())


_LINK = {"uid": "{seeker}", "token": "a" * 128}
_SKILL, _CATEGORY = {"name": "s" * 100}, {"name": "c" * 100, "description": "d" * 2_000}
# Beginnings of names.
_TYPED = {
    "a typed letter": {"q": "a"},
    "two typed letters": {"q": "en"},
    "a typed word of many names": {"q": "united states"},
    "50 typed letters": {"q": "a " * 50},
    "typed wildcards": {"q": "%_" * 50},
    "typed ligatures that grow": {"q": "\ufdfa" * 100},
}
_LOCATION = {"city": "c" * 100, "state": "s" * 100, "country": "l" * 100}
PASSWORD = "correct-horse-42"  # noqa: S105 - of invented accounts

INPUTS: dict[str, tuple[Input, ...]] = {
    "GET /api/": (Input("a list of URLs"),),
    "GET /api/schema/": (Input("JSON", headers={"Accept": "application/json"}), Input("YAML")),
    "GET /api/docs/": (Input("a page"),),
    "GET /healthz": (Input("a health check"),),
    "GET /readyz": (Input("a health check"),),
    "GET /no-such-page/": (Input("an unknown URL"),),
    # Jobs.
    "GET /api/jobs/": (*_queries(_LISTS), *_queries(_LISTS, "admin")),
    "GET /api/jobs/facets/": (*_queries(_FACETS), *_queries(_FACETS, "admin")),
    "GET /api/employer/jobs/": _queries(_LISTS, "employer"),
    "GET /api/jobs/suggest/": tuple(
        Input(name, query={"q": text})
        for name, text in {
            "two letters": "er",
            "two letters of many words": "en",
            "common words": "engineer senior",
            "one long word": "a" * 100,
            "wildcards": "%_" * 50,
            "ligatures that grow": "\ufdfa" * 100,
            "spaces": "a" + " " * 98 + "b",
        }.items()
    ),
    "GET /api/jobs/{job}/": (
        Input("with details", query="expand=employer,location,category"),
        Input("rendered", query="expand=state,description_html"),
        Input("plain"),
    ),
    "GET /api/jobs/{long_job}/similar/": _queries(
        {"200 with details": "page_size=200&expand=employer,location,category"}
    ),
    "GET /api/jobs/{job}/match/": (Input("of the job seeker with most skills", "seeker"),),
    "GET /api/jobs/recommended/": _queries(
        {"of most skills, with details": "expand=employer,location,category,salary,skills"}, "seeker"
    ),
    "GET /api/jobs/{job}/jsonld/": (Input("structured data"),),
    "GET /sitemap.xml": (
        Input("the index"),
        *_queries({"the oldest part": "part=..", "a part before all": f"part=..-{'9' * 16}-{'0' * 32}"}),
        Input("compressed", query="part=..", headers={"Accept-Encoding": "gzip"}),
    ),
    "GET /feeds/jobs.xml": (
        Input("the index"),
        Input("the oldest part", query="part=.."),
        Input("compressed", query="part=..", headers={"Accept-Encoding": "gzip"}),
    ),
    "GET /feeds/jobs.rss": _queries(_LISTS),
    "GET /robots.txt": (Input("a few lines"),),
    "GET /api/jobs/{own_job}/questions/": (Input("of a job", "employer"),),
    "GET /api/employer/jobs/{own_job}/questions/": (Input("with knock-outs", "employer"),),
    "PUT /api/jobs/{own_job}/questions/": (
        Input("a list of 200,000 numbers", "employer", json=[1] * (_HUGE // 5)),
        Input("20 questions of 50 long choices", "employer", json=[_QUESTION] * 20),
    ),
    "GET /api/employer/jobs/{own_job}/": (Input("the employer of most jobs", "employer"),),
    "POST /api/jobs/": _jobs("employer"),
    "POST /api/employer/jobs/": _jobs("employer"),
    "PUT /api/jobs/{own_job}/": _jobs("employer"),
    "PATCH /api/jobs/{own_job}/": _jobs("employer"),
    "PUT /api/employer/jobs/{own_job}/": _jobs("employer"),
    "PATCH /api/employer/jobs/{own_job}/": _jobs("employer"),
    # Those of the other URL do the same.
    **{f"POST /api/jobs/{{own_job}}/{action}/": _bodies("employer", *valid, **body) for action, body, valid in _LIFE},
    **{f"POST /api/employer/jobs/{{own_job}}/{action}/": valid for action, _, valid in _LIFE},
    "GET /api/jobs/{own_job}/history/": _queries(_PAGES, "employer"),
    "GET /api/employer/jobs/counts/": (Input("the employer of most jobs", "employer"),),
    "DELETE /api/jobs/{own_job}/": (Input("one with applications", "employer"),),
    "DELETE /api/employer/jobs/{other_own_job}/": (Input("one with applications", "employer"),),
    # Categories and locations.
    "GET /api/categories/": (*_queries(_PAGES), *_queries(_TYPED)),
    "GET /api/categories/{category}/": (Input("of most jobs"),),
    "POST /api/categories/": _bodies("employer", Input("long", "employer", json=_CATEGORY), **_CATEGORY),
    "PUT /api/categories/{category}/": _bodies(
        "admin", Input("of most jobs", "admin", json=_CATEGORY | {"name": "d" * 100}), **_CATEGORY
    ),
    "PATCH /api/categories/{category}/": _bodies("admin", Input("of most jobs", "admin", json={"name": "e" * 100})),
    "DELETE /api/categories/{category}/": (Input("of most jobs", "admin"),),
    "GET /api/locations/": (*_queries(_PAGES), *_queries(_TYPED)),
    "GET /api/locations/{location}/": (Input("of most jobs"),),
    "POST /api/locations/": _bodies("employer", Input("long", "employer", json=_LOCATION), **_LOCATION),
    "PUT /api/locations/{location}/": _bodies(
        "admin", Input("of most jobs", "admin", json=_LOCATION | {"city": "d" * 100}), **_LOCATION
    ),
    "PATCH /api/locations/{location}/": _bodies("admin", Input("of most jobs", "admin", json={"city": "e" * 100})),
    "DELETE /api/locations/{location}/": (Input("of most jobs", "admin"),),
    # People.
    "GET /api/employers/": _queries(_PAGES),
    "GET /api/employers/{employer}/": (Input("of most jobs"),),
    "PUT /api/employers/{employer}/": _bodies(
        "employer",
        Input("renames most jobs", "employer", json={"company_name": "r" * 255}),
        Input("a long address", "employer", json={"company_name": "r", "website": "http://" + "a." * 90 + "com"}),
        company_name="",
        company_description="",
        website="",
    ),
    "PATCH /api/employers/{verbose}/": (
        Input("renames 300 jobs of 20,000 characters", "verbose", json={"company_name": "Renamed"}),
        Input("and back", "verbose", json={"company_name": _fill(_RARE, 255)}),
    ),
    "PATCH /api/employers/{concise}/": (
        Input("renames 20 jobs of 20,000 characters", "concise", json={"company_name": _fill(_RARE, 255)}),
    ),
    "GET /api/jobseekers/": (*_queries(_PAGES, "employer"), *_queries(_PAGES, "admin")),
    "GET /api/jobseekers/{seeker}/": (Input("an applicant", "employer"), Input("any", "admin")),
    "PUT /api/jobseekers/{seeker}/": _bodies(
        "seeker",
        Input("long", "seeker", json={"first_name": "f" * 100, "last_name": "l" * 100, "phone_number": "1" * 32}),
        first_name="",
        last_name="",
        phone_number="",
    ),
    "PATCH /api/jobseekers/{seeker}/": (Input("long", "seeker", json={"first_name": "g" * 100}),),
    "GET /api/skills/": (*_queries(_PAGES, "seeker"), *_queries(_PAGES, "employer"), *_queries(_PAGES, "admin")),
    "GET /api/skills/suggest/": _queries(_TYPED, "seeker"),
    "GET /api/skills/{skill}/": (Input("of many", "seeker"), Input("of an applicant", "employer")),
    "POST /api/skills/": _bodies("seeker", Input("long", "seeker", json=_SKILL), **_SKILL),
    "PUT /api/skills/{skill}/": (Input("long", "seeker", json={"name": "t" * 100}),),
    "PATCH /api/skills/{skill}/": (Input("long", "seeker", json={"name": "u" * 100}),),
    "DELETE /api/skills/{skill}/": (Input("of many", "seeker"),),
    # Saved jobs.
    "GET /api/saved-jobs/": _queries(
        {**_PAGES, "with their jobs": {"page_size": "200", "expand": "job,state"}}, "seeker"
    ),
    "POST /api/saved-jobs/": (Input("an open job", "seeker", json={"job": "{job}"}),),
    "DELETE /api/saved-jobs/{saved_job}/": (Input("of many", "seeker"),),
    # Saved searches.
    "GET /api/saved-searches/": _queries(_PAGES, "seeker"),
    "GET /api/saved-searches/{saved_search}/": (Input("own", "seeker"),),
    "POST /api/saved-searches/": _queries_saved("other_seeker"),
    "PUT /api/saved-searches/{saved_search}/": _queries_saved("seeker"),
    "PATCH /api/saved-searches/{saved_search}/": (Input("off", "seeker", json={"frequency": "off"}),),
    "DELETE /api/saved-searches/{saved_search}/": (Input("own", "seeker"),),
    # Resumes.
    "POST /api/resumes/": _PDFS,
    "GET /api/resumes/": (*_queries(_PAGES, "seeker"), *_queries(_PAGES, "employer"), *_queries(_PAGES, "admin")),
    "GET /api/resumes/{resume}/": (Input("of an applicant", "employer"), Input("own", "seeker")),
    "GET /api/resumes/{resume}/accesses/": _queries(_PAGES, "seeker"),
    "GET /media/resumes/{resume}.pdf": (
        Input("a long signature", query="signature=" + "a:" * 3_500),
        Input("by token", "employer"),
    ),
    "DELETE /api/resumes/{resume}/": (Input("of most applications", "seeker"),),
    # Applications.
    "GET /api/applications/": tuple(
        request
        for caller in ("seeker", "employer", "admin")
        for request in _queries(
            {
                **_PAGES,
                "deep page": {"page": "{deep_applications}", "page_size": "200"},
                "with expansions": {"page_size": "200", "expand": "told_at" if caller != "seeker" else ""},
                "by state": {"status": ["pending", "reviewed", "accepted"], "ordering": "applied_at"},
                "of one person": {"job_seeker": "{seeker}", "ordering": "-status"},
                "of one job": {"job": "{own_job}"},
                "200 rows with answers": {"page_size": "200", "expand": "answers"},
                "unknown": {"job": "{seeker}"},
                "frequent letters": {"search": "a e i"},
                "frequent words": {"search": "example com engineer"},
                "rare word": {"search": "z" * 200},
                "assessed": {"rating_min": "1", "ordering": "-rating", "expand": "assessment", "page_size": "200"},
                "50 tags": {"tag": [f"tag {number}" for number in range(50)]},
            },
            caller,
        )
    ),
    "GET /api/applications/counts/": tuple(
        request
        for caller in ("seeker", "employer", "admin")
        for request in _queries({"all": {}, "frequent words": {"search": "example com engineer"}}, caller)
    ),
    "GET /api/applications/export/": _queries({"all": {}, "Excel": {"excel": "1"}}, "employer"),
    "GET /api/applications/{application}/": (Input("own", "seeker"), Input("received", "receiver")),
    "GET /api/applications/{application}/posting/": (Input("own", "seeker"), Input("received", "receiver")),
    "POST /api/applications/": _bodies(
        "seeker",
        Input("a long letter", "seeker", json={"job": "{job}", "resume": "{resume}", "cover_letter": _LETTER}),
        Input(
            "answers to no question",
            "seeker",
            json={"job": "{job}", "resume": "{resume}", "answers": {f"k{number}": 1 for number in range(70_000)}},
        ),
        job="",
        resume="",
        cover_letter="",
        answers="",
    ),
    "PATCH /api/applications/{application}/": (
        Input("a long letter", "seeker", json={"cover_letter": _LETTER}),
        Input("decided", "receiver", json={"status": "accepted"}),
    ),
    "GET /api/applications/{application}/timeline/": (Input("own", "seeker"), Input("received", "receiver")),
    "POST /api/applications/bulk-status/": (
        Input("one", "receiver", json={"ids": ["{application}"], "status": "reviewed"}),
        Input("200 unknown", "employer", json={"ids": [str(UUID(int=n)) for n in range(200)], "status": "reviewed"}),
        Input("too many", "employer", json={"ids": [str(UUID(int=n)) for n in range(20_000)], "status": "reviewed"}),
        *_bodies("employer", ids="", status=""),
    ),
    "POST /api/applications/{application}/revoke/": (Input("own", "seeker"),),
    "GET /api/applications/draft/": (
        Input("for a job", "seeker", query={"job": "{job}"}),
        Input("for no key", "seeker", query={"job": "x" * 7_000}),
    ),
    **{
        f"{method} /api/{name}-employers/{key}": inputs
        for name in ("blocked", "muted")
        for method, key, inputs in (
            ("GET", "", _queries(_PAGES, "seeker")),
            ("POST", "", _bodies("seeker", employer="")),
            ("DELETE", "{employer}/", (Input("not listed", "seeker"),)),
        )
    },
    "GET /api/employer/settings/": (Input("own", "employer"),),
    "PUT /api/employer/settings/": _bodies("employer", decision_hold_minutes=0),
    "GET /api/applications/{application}/notes/": _queries(_PAGES, "receiver"),
    "POST /api/applications/{application}/notes/": _bodies(
        "receiver", Input("long", "receiver", json={"text": "\ufdfa" * 5_000}), text=""
    ),
    "GET /api/applications/{application}/notes/{note}/": (Input("long", "receiver"),),
    "PUT /api/applications/{application}/notes/{note}/": _bodies("receiver", text=""),
    "PATCH /api/applications/{application}/notes/{note}/": (
        Input("long", "receiver", json={"text": "\ufdfa" * 5_000}),
    ),
    "DELETE /api/applications/{application}/notes/{note}/": (Input("own", "receiver"),),
    "GET /api/applications/{application}/assessment/": (Input("received", "receiver"),),
    "PUT /api/applications/{application}/assessment/": _bodies(
        "receiver",
        Input("long tags", "receiver", json={"rating": 5, "tags": [f"{number:02}" + "é" * 38 for number in range(20)]}),
        rating=None,
        tags=[],
    ),
    "DELETE /api/applications/{other_application}/": (Input("withdrawn", "seeker"),),
    # Notifications.
    "GET /api/notifications/": (*_queries(_PAGES, "seeker"), *_queries({"read": "is_read=true"}, "seeker")),
    "GET /api/notifications/{notification}/": (Input("of many", "seeker"),),
    "GET /api/notifications/unread-count/": (Input("of many", "seeker"),),
    "POST /api/notifications/": _bodies(
        "employer",
        Input("to an applicant", "employer", json={"user": "{seeker}", "message": "m" * 1_000}),
        user="",
        message="",
    ),
    "PATCH /api/notifications/{notification}/": (Input("of many", "seeker", json={"is_read": True}),),
    "POST /api/notifications/mark-all-read/": (Input("of many", "seeker"),),
    "DELETE /api/notifications/{notification}/": (Input("of many", "seeker"),),
    "GET /api/notification-preferences/": (Input("all", "seeker"),),
    "PUT /api/notification-preferences/": _bodies("seeker", new_application={}, application_received={}),
    # Analytics.
    "GET /api/analytics/": tuple(
        request
        for caller in ("employer", "admin")
        for request in _queries(
            {
                **_PAGES,
                "deep page": {"page": "{deep_analytics}", "page_size": "200"},
                "no day": {"date_from": "2999-01-01"},
                "all days": {"date_from": "2000-01-01", "date_to": "2999-01-01"},
                "of one job": {"job": "{own_job}"},
            },
            caller,
        )
    ),
    "GET /api/analytics/{analytics}/": (Input("own", "employer"),),
    # Accounts; what ends them comes last.
    "POST /api/auth/register/": (
        *_bodies("", email="", password="", role=""),
        *_emails(password="p" * 128, role="employer"),
        Input("a long password", json={"email": "worst@example.com", "password": "1a" * 64, "role": "employer"}),
        Input("a long address", json={"email": "a" * 60 + "@" + "example." * 22 + "com", "password": "1", "role": "x"}),
    ),
    "POST /api/auth/login/": (
        *_bodies("", email="", password=""),
        *_emails(password="p" * 128),
        Input("a wrong password", json={"email": "{seeker_email}", "password": "\ufdfa" * 128}),
        Input("the right one", json={"email": "{seeker_email}", "password": PASSWORD}),
    ),
    "POST /api/auth/google/": _bodies("", Input("a long code", json={"code": "c" * 2_048}), code=""),
    "POST /api/auth/google/link/": (Input("a long code", "seeker", json={"code": "c" * 2_048, "password": "p"}),),
    "POST /api/auth/refresh/": _bodies("", Input("a long token", json={"refreshToken": "a." * 2_048}), refreshToken=""),
    "POST /api/auth/logout/": _bodies("", Input("a long token", json={"refreshToken": "a." * 2_048}), refreshToken=""),
    "GET /api/auth/me/": (
        Input("a long token", headers={"Authorization": f"Bearer {'a.' * 4_000}"}),
        Input("own", "seeker"),
    ),
    "PATCH /api/auth/me/": _bodies("seeker", role=""),
    "PATCH /api/auth/me/email/": (
        Input("address", "seeker", json={"email": "a@" + "a." * 110 + "com", "password": "p"}),
    ),
    "GET /api/auth/sessions/": (Input("thousands", "seeker"),),
    "DELETE /api/auth/sessions/{session}/": (Input("of thousands", "seeker"),),
    "POST /api/auth/email/verify/": (Input("asked for", "employer"),),
    "POST /api/auth/email/verify/confirm/": (Input("a long token", "seeker", json=_LINK),),
    "POST /api/auth/password/reset/": (*_bodies("", email=""), *_emails()),
    "POST /api/auth/password/reset/confirm/": (Input("a long token", json=_LINK | {"new_password": "p" * 128}),),
    "GET /api/auth/me/settings/": (Input("own", "seeker"),),
    "PATCH /api/auth/me/settings/": (
        Input("many searches", "seeker", json={"alert_hour": 7}),
        Input("a long name", "seeker", json={"time_zone": "Z" * _HUGE}),
    ),
    "POST /api/auth/me/terms/": _bodies("seeker", version=""),
    "GET /api/auth/me/export/": (Input("most applications", "seeker"), Input("most jobs", "employer")),
    "POST /api/auth/password/change/": (
        Input(
            "thousands of sessions", "leaver", json={"current_password": PASSWORD, "new_password": "another-horse-43"}
        ),
    ),
    "POST /api/auth/logout-all/": (Input("thousands of sessions", "seeker"),),
    "DELETE /api/auth/me/": (
        Input("an employer of many jobs", "verbose", json={"password": PASSWORD}),
        Input("a job seeker of many applications", "other_seeker", json={"password": PASSWORD}),
        Input("the employer of most jobs", "other_employer", json={"password": PASSWORD}),
    ),
}
