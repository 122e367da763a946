"""Who may do what: the table that `test_permissions.py` runs, cell by cell.

The callers: `applicant` applied to two jobs of `employer`; `seeker` and `rival` (who has an open job of its own) have
nothing to do with them; `leaver` withdrew an application to `employer`. The names in braces and in the cells of LISTS
are rows of the world that `test_permissions.py` builds. `{own_...}` is the caller's own row.

A request is a method, a path and, beside the body that BODIES gives for its path, single fields to send.
"""

from typing import Any, NamedTuple

CALLERS = ("anonymous", "undecided", "applicant", "seeker", "employer", "rival", "admin")

# What a list holds: `all`, `none` or the rows by name; a number is a refusal.
LISTS = """
request                     | anonymous   | undecided   | applicant   | seeker      | employer    | rival       | admin
GET /api/jobseekers/        | 401         | none        | applicant   | seeker      | applicant   | none        | all
GET /api/employers/         | all         | all         | all         | all         | all         | all         | all
GET /api/categories/        | all         | all         | all         | all         | all         | all         | all
GET /api/locations/         | all         | all         | all         | all         | all         | all         | all
GET /api/jobs/              | open vacant | open vacant | open vacant | open vacant | open vacant | open vacant | all
GET /api/employer/jobs/     | 401         | 403         | 403         | 403  | open closed hidden | vacant      | 403
GET /api/resumes/           | 401         | none | resume spare_resume | seeker_resume | resume | none        | all
GET /api/resumes/{resume}/accesses/ | 401 | 404     | access      | 404         | 403         | 404         | all
GET /api/applications/      | 401  | none | application decided | none | application decided withdrawn | none  | all
GET /api/notifications/     | 401         | own         | own         | own         | own         | own         | own
GET /api/skills/            | 401         | none        | skill       | none        | skill       | none        | all
GET /api/analytics/         | 401         | none        | none        | none        | views       | rival_views | all
"""

REQUESTS = """
request                                                    | anon. | undec. | appl. | seeker | empl. | rival | admin
POST   /api/auth/register/                                 | 201   | 201    | 201   | 201    | 201   | 201   | 201
POST   /api/auth/login/                                    | 200   | 200    | 200   | 200    | 200   | 200   | 200
POST   /api/auth/google/                                   | 503   | 503    | 503   | 503    | 503   | 503   | 503
POST   /api/auth/google/link/                              | 401   | 503    | 503   | 503    | 503   | 503   | 503
POST   /api/auth/refresh/                                  | 200   | 200    | 200   | 200    | 200   | 200   | 200
POST   /api/auth/logout/                                   | 401   | 200    | 200   | 200    | 200   | 200   | 200
POST   /api/auth/logout/ refreshToken={own_refresh}        | 200   | 200    | 200   | 200    | 200   | 200   | 200
GET    /api/auth/me/                                       | 401   | 200    | 200   | 200    | 200   | 200   | 200
POST   /api/auth/logout-all/                               | 401   | 200    | 200   | 200    | 200   | 200   | 200
GET    /api/auth/sessions/                                 | 401   | 200    | 200   | 200    | 200   | 200   | 200
DELETE /api/auth/sessions/{own_session}/                   | 401   | 204    | 204   | 204    | 204   | 204   | 204
DELETE /api/auth/sessions/{leaver_session}/                | 401   | 404    | 404   | 404    | 404   | 404   | 404
POST   /api/auth/password/change/                          | 401   | 200    | 200   | 200    | 200   | 200   | 200
POST   /api/auth/password/reset/                           | 200   | 200    | 200   | 200    | 200   | 200   | 200
POST   /api/auth/password/reset/confirm/                   | 200   | 200    | 200   | 200    | 200   | 200   | 200
POST   /api/auth/email/verify/                             | 401   | 200    | 200   | 200    | 200   | 200   | 200
POST   /api/auth/email/verify/confirm/                     | 401   | 200    | 200   | 200    | 200   | 200   | 200
PATCH  /api/auth/me/email/ email=me@example.org password=correct-horse-42 | 401 | 200 | 200 | 200 | 200 | 200 | 200
GET    /api/auth/me/export/                                | 401   | 200    | 200   | 200    | 200   | 200   | 200
DELETE /api/auth/me/ password=correct-horse-42             | 401   | 204    | 204   | 204    | 204   | 204   | 204
PATCH  /api/auth/me/ role=employer                         | 401   | 200    | 400   | 400    | 400   | 400   | 400

GET    /api/jobseekers/{applicant}/                        | 401   | 404    | 200   | 404    | 200   | 404   | 200
GET    /api/jobseekers/{leaver}/                           | 401   | 404    | 404   | 404    | 404   | 404   | 200
PUT    /api/jobseekers/{applicant}/                        | 401   | 404    | 200   | 404    | 403   | 404   | 200
PUT    /api/jobseekers/{leaver}/                           | 401   | 404    | 404   | 404    | 404   | 404   | 200
PATCH  /api/jobseekers/{applicant}/ first_name=Bo          | 401   | 404    | 200   | 404    | 403   | 404   | 200
PATCH  /api/jobseekers/{leaver}/ first_name=Bo             | 401   | 404    | 404   | 404    | 404   | 404   | 200

GET    /api/employers/{employer}/                          | 200   | 200    | 200   | 200    | 200   | 200   | 200
PUT    /api/employers/{employer}/                          | 401   | 403    | 403   | 403    | 200   | 403   | 200
PATCH  /api/employers/{employer}/ company_name=Acme        | 401   | 403    | 403   | 403    | 200   | 403   | 200

GET    /api/categories/{category}/                         | 200   | 200    | 200   | 200    | 200   | 200   | 200
POST   /api/categories/                                    | 401   | 403    | 403   | 403    | 201   | 201   | 201
PUT    /api/categories/{category}/                         | 401   | 403    | 403   | 403    | 403   | 403   | 200
PATCH  /api/categories/{category}/ name=Law                | 401   | 403    | 403   | 403    | 403   | 403   | 200
DELETE /api/categories/{category}/                         | 401   | 403    | 403   | 403    | 403   | 403   | 409
DELETE /api/categories/{unused_category}/                  | 401   | 403    | 403   | 403    | 403   | 403   | 204

GET    /api/locations/{location}/                          | 200   | 200    | 200   | 200    | 200   | 200   | 200
POST   /api/locations/                                     | 401   | 403    | 403   | 403    | 201   | 201   | 201
PUT    /api/locations/{location}/                          | 401   | 403    | 403   | 403    | 403   | 403   | 200
PATCH  /api/locations/{location}/ city=Jos                 | 401   | 403    | 403   | 403    | 403   | 403   | 200
DELETE /api/locations/{location}/                          | 401   | 403    | 403   | 403    | 403   | 403   | 409
DELETE /api/locations/{unused_location}/                   | 401   | 403    | 403   | 403    | 403   | 403   | 204

GET    /api/jobs/{open}/                                   | 200   | 200    | 200   | 200    | 200   | 200   | 200
GET    /api/jobs/{closed}/                                 | 404   | 404    | 200   | 404    | 200   | 404   | 200
GET    /api/jobs/{hidden}/                                 | 404   | 404    | 404   | 404    | 200   | 404   | 200
GET    /api/jobs/{open}/similar/                           | 200   | 200    | 200   | 200    | 200   | 200   | 200
GET    /api/jobs/{hidden}/similar/                         | 404   | 404    | 404   | 404    | 200   | 404   | 200
GET    /api/jobs/facets/                                   | 200   | 200    | 200   | 200    | 200   | 200   | 200
GET    /api/jobs/suggest/                                  | 200   | 200    | 200   | 200    | 200   | 200   | 200
POST   /api/jobs/                                          | 401   | 403    | 403   | 403    | 201   | 201   | 403
PUT    /api/jobs/{open}/                                   | 401   | 403    | 403   | 403    | 200   | 403   | 200
PUT    /api/jobs/{hidden}/                                 | 401   | 403    | 403   | 403    | 200   | 404   | 200
PATCH  /api/jobs/{open}/ title=Cook                        | 401   | 403    | 403   | 403    | 200   | 403   | 200
PATCH  /api/jobs/{hidden}/ title=Cook                      | 401   | 403    | 403   | 403    | 200   | 404   | 200
DELETE /api/jobs/{open}/                                   | 401   | 403    | 403   | 403    | 204   | 403   | 204
DELETE /api/jobs/{hidden}/                                 | 401   | 403    | 403   | 403    | 204   | 404   | 204

GET    /api/employer/jobs/{open}/                          | 401   | 403    | 403   | 403    | 200   | 404   | 403
GET    /api/employer/jobs/{hidden}/                        | 401   | 403    | 403   | 403    | 200   | 404   | 403
POST   /api/employer/jobs/                                 | 401   | 403    | 403   | 403    | 201   | 201   | 403
PUT    /api/employer/jobs/{open}/                          | 401   | 403    | 403   | 403    | 200   | 404   | 403
PUT    /api/employer/jobs/{hidden}/                        | 401   | 403    | 403   | 403    | 200   | 404   | 403
PATCH  /api/employer/jobs/{open}/ title=Cook               | 401   | 403    | 403   | 403    | 200   | 404   | 403
PATCH  /api/employer/jobs/{hidden}/ title=Cook             | 401   | 403    | 403   | 403    | 200   | 404   | 403
DELETE /api/employer/jobs/{open}/                          | 401   | 403    | 403   | 403    | 204   | 404   | 403
DELETE /api/employer/jobs/{hidden}/                        | 401   | 403    | 403   | 403    | 204   | 404   | 403

GET    /api/resumes/{resume}/                              | 401   | 404    | 200   | 404    | 200   | 404   | 200
GET    /api/resumes/{spare_resume}/                        | 401   | 404    | 200   | 404    | 404   | 404   | 200
GET    /api/resumes/{leaver_resume}/                       | 401   | 404    | 404   | 404    | 404   | 404   | 200
GET    /media/resumes/{resume}.pdf                         | 401   | 404    | 200   | 404    | 200   | 404   | 200
GET    /media/resumes/{leaver_resume}.pdf                  | 401   | 404    | 404   | 404    | 404   | 404   | 200
POST   /api/resumes/                                       | 401   | 403    | 201   | 201    | 403   | 403   | 403
POST   /api/resumes/ job_seeker={own_user}                 | 401   | 403    | 201   | 201    | 403   | 403   | 403
POST   /api/resumes/ job_seeker={leaver}                   | 401   | 403    | 403   | 403    | 403   | 403   | 403
DELETE /api/resumes/{resume}/                              | 401   | 404    | 204   | 404    | 403   | 404   | 204
DELETE /api/resumes/{spare_resume}/                        | 401   | 404    | 204   | 404    | 404   | 404   | 204
DELETE /api/resumes/{leaver_resume}/                       | 401   | 404    | 404   | 404    | 404   | 404   | 204

GET    /api/applications/{application}/                    | 401   | 404    | 200   | 404    | 200   | 404   | 200
GET    /api/applications/{withdrawn}/                      | 401   | 404    | 404   | 404    | 200   | 404   | 200
POST   /api/applications/                                  | 401   | 403    | 201   | 201    | 403   | 403   | 403
POST   /api/applications/ job_seeker={own_user}            | 401   | 403    | 201   | 201    | 403   | 403   | 403
POST   /api/applications/ job_seeker={leaver}              | 401   | 403    | 403   | 403    | 403   | 403   | 403
PATCH  /api/applications/{application}/ status=reviewed    | 401   | 404    | 403   | 404    | 200   | 404   | 403
PATCH  /api/applications/{application}/ status=withdrawn   | 401   | 404    | 200   | 404    | 403   | 404   | 403
PATCH  /api/applications/{decided}/ status=reviewed        | 401   | 404    | 403   | 404    | 200   | 404   | 403
PATCH  /api/applications/{decided}/ status=withdrawn       | 401   | 404    | 409   | 404    | 403   | 404   | 403
PATCH  /api/applications/{withdrawn}/ status=reviewed      | 401   | 404    | 404   | 404    | 409   | 404   | 403
PATCH  /api/applications/{application}/ cover_letter=Hi    | 401   | 404    | 200   | 404    | 403   | 404   | 403
PATCH  /api/applications/{decided}/ cover_letter=Hi        | 401   | 404    | 409   | 404    | 403   | 404   | 403
DELETE /api/applications/{application}/                    | 401   | 404    | 204   | 404    | 403   | 404   | 403
DELETE /api/applications/{decided}/                        | 401   | 404    | 409   | 404    | 403   | 404   | 403

GET    /api/notifications/{own_notification}/              | 401   | 200    | 200   | 200    | 200   | 200   | 200
GET    /api/notifications/{leaver_notification}/           | 401   | 404    | 404   | 404    | 404   | 404   | 404
GET    /api/notifications/unread-count/                    | 401   | 200    | 200   | 200    | 200   | 200   | 200
POST   /api/notifications/mark-all-read/                   | 401   | 200    | 200   | 200    | 200   | 200   | 200
POST   /api/notifications/ user={own_user}                 | 401   | 201    | 201   | 201    | 201   | 201   | 201
POST   /api/notifications/ user={applicant}                | 401   | 403    | 201   | 403    | 201   | 403   | 201
POST   /api/notifications/ user={leaver}                   | 401   | 403    | 403   | 403    | 403   | 403   | 201
POST   /api/notifications/ user={rival}                    | 401   | 403    | 403   | 403    | 403   | 201   | 201
PATCH  /api/notifications/{own_notification}/ is_read=true | 401   | 200    | 200   | 200    | 200   | 200   | 200
PATCH  /api/notifications/{leaver_notification}/ is_read=true | 401 | 404   | 404   | 404    | 404   | 404   | 404
DELETE /api/notifications/{own_notification}/              | 401   | 204    | 204   | 204    | 204   | 204   | 204
DELETE /api/notifications/{leaver_notification}/           | 401   | 404    | 404   | 404    | 404   | 404   | 404

GET    /api/notification-preferences/                      | 401   | 200    | 200   | 200    | 200   | 200   | 200
PUT    /api/notification-preferences/                      | 401   | 200    | 200   | 200    | 200   | 200   | 200

GET    /api/skills/suggest/                                | 401   | 200    | 200   | 200    | 200   | 200   | 200
GET    /api/skills/{skill}/                                | 401   | 404    | 200   | 404    | 200   | 404   | 200
GET    /api/skills/{leaver_skill}/                         | 401   | 404    | 404   | 404    | 404   | 404   | 200
POST   /api/skills/                                        | 401   | 403    | 201   | 201    | 403   | 403   | 403
PUT    /api/skills/{skill}/                                | 401   | 404    | 200   | 404    | 403   | 404   | 403
PUT    /api/skills/{leaver_skill}/                         | 401   | 404    | 404   | 404    | 404   | 404   | 403
PATCH  /api/skills/{skill}/ name=SQL                       | 401   | 404    | 200   | 404    | 403   | 404   | 403
DELETE /api/skills/{skill}/                                | 401   | 404    | 204   | 404    | 403   | 404   | 204
DELETE /api/skills/{leaver_skill}/                         | 401   | 404    | 404   | 404    | 404   | 404   | 204

GET    /api/analytics/{views}/                             | 401   | 404    | 404   | 404    | 200   | 404   | 200

GET    /api/                                               | 200   | 200    | 200   | 200    | 200   | 200   | 200
GET    /api/schema/                                        | 200   | 200    | 200   | 200    | 200   | 200   | 200
GET    /api/docs/                                          | 200   | 200    | 200   | 200    | 200   | 200   | 200
GET    /healthz                                            | 200   | 200    | 200   | 200    | 200   | 200   | 200
GET    /admin/                                             | 302   | 302    | 302   | 302    | 302   | 302   | 302
"""

_JOB = {
    "title": "Gardener",
    "description": "Roses",
    "location": "{location}",
    "category": "{category}",
    "job_type": "contract",
    "expires_at": "2999-12-12",
}

# By the part of the path before the row.
BODIES: dict[str, dict[str, Any]] = {
    "/api/auth/register/": {"email": "new@example.org", "password": "correct-horse-42", "role": "employer"},
    "/api/auth/login/": {"email": "{own_email}", "password": "correct-horse-42"},
    "/api/auth/google/": {"code": "4/0AQSTgQENJgEcYjxIMw9ceWcDIjQlz"},
    "/api/auth/google/link/": {"password": "correct-horse-42", "code": "4/0AQSTgQENJgEcYjxIMw9ceWcDIjQlz"},
    "/api/auth/refresh/": {"refreshToken": "{own_refresh}"},
    "/api/auth/password/change/": {"current_password": "correct-horse-42", "new_password": "another-horse-43"},
    "/api/auth/password/reset/": {"email": "{own_email}"},
    "/api/auth/password/reset/confirm/": {
        "uid": "{own_user}",
        "token": "{own_password_token}",
        "new_password": "another-horse-43",
    },
    "/api/auth/email/verify/confirm/": {"uid": "{own_user}", "token": "{own_email_token}"},
    "/api/jobseekers/": {"first_name": "Ann", "last_name": "Other", "phone_number": ""},
    "/api/employers/": {"company_name": "Other", "company_description": "", "website": ""},
    "/api/categories/": {"name": "Gardening", "description": ""},
    "/api/locations/": {"city": "Abeokuta", "state": "Ogun", "country": "Nigeria"},
    "/api/jobs/": _JOB,
    "/api/employer/jobs/": _JOB,
    "/api/applications/": {"job": "{vacant}", "resume": "{own_resume}", "cover_letter": "Dear Sirs"},
    "/api/notifications/": {"message": "Hello"},
    "/api/notification-preferences/": {"new_application": {"in_app": False}},
    "/api/skills/": {"name": "Gardening"},
}


class Cell(NamedTuple):
    """What one caller may expect of one request: a status or, for a list, the names of its rows."""

    method: str
    path: str
    fields: tuple[str, ...]
    caller: str
    expected: str

    def __str__(self) -> str:
        return " ".join((self.method, self.path, *self.fields, f"by {self.caller}"))

    @property
    def refusal(self) -> int | None:
        return int(self.expected) if self.expected.isdigit() and int(self.expected) >= 400 else None

    @property
    def body(self) -> dict[str, Any] | None:
        """The body to send, with names still in braces."""
        if self.method == "GET" or (self.method == "DELETE" and not self.fields):
            return None
        whole = {} if self.method in {"PATCH", "DELETE"} else BODIES.get(self.path.partition("{")[0], {})
        return {**whole, **dict(field.split("=") for field in self.fields)}


def _cells(table: str) -> list[Cell]:
    lines = [[part.strip() for part in line.split("|")] for line in table.strip().splitlines()[1:] if line]
    cells = []
    for request, *expectations in lines:
        method, path, *fields = request.split()
        cells += [
            Cell(method, path, tuple(fields), caller, expected)
            for caller, expected in zip(CALLERS, expectations, strict=True)
        ]
    return cells


LIST_CELLS = _cells(LISTS)
CELLS = _cells(REQUESTS)
