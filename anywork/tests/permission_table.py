"""Who may do what: the table that `test_permissions.py` runs, cell by cell.

The callers: `applicant` applied to two jobs of `employer`; `seeker` and `rival` (who has an open job of its own) have
nothing to do with them; `leaver` withdrew an application to `employer`. The names in braces and in the cells of LISTS
are rows of the world that `test_permissions.py` builds. `{own_...}` is the caller's own row.

A request is a method, a path and, beside the body that BODIES gives for its path, single fields to send.
"""

import re
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
GET /api/employer/jobs/     | 401 | 403 | 403 | 403 | open closed hidden paused draft | vacant             | 403
GET /api/jobs/{open}/questions/ | question | question   | question    | question    | question    | question    | all
GET /api/employer/jobs/{open}/questions/ | 401 | 403    | 403         | 403         | question    | 404         | 403
GET /api/saved-jobs/        | 401         | 403         | saved_job   | none        | 403         | 403         | 403
GET /api/saved-searches/    | 401         | 403         | search      | none        | 403         | 403         | 403
GET /api/resumes/           | 401         | none | resume spare_resume | seeker_resume | resume | none        | all
GET /api/resumes/{resume}/accesses/ | 401 | 404     | access      | 404         | 403         | 404         | all
GET /api/applications/{application}/notes/ | 401 | 403 | 403     | 403         | note        | 404         | all
GET /api/blocked-employers/ | 401         | 403         | rival       | none        | 403         | 403         | 403
GET /api/muted-employers/   | 401         | 403         | rival       | none        | 403         | 403         | 403
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
GET    /api/auth/me/settings/                              | 401   | 200    | 200   | 200    | 200   | 200   | 200
PATCH  /api/auth/me/settings/ time_zone=Africa/Lagos       | 401   | 200    | 200   | 200    | 200   | 200   | 200
POST   /api/auth/me/terms/ version=2030-01                 | 401   | 404    | 404   | 404    | 404   | 404   | 404
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

GET    /api/employer/settings/                             | 401   | 403    | 403   | 403    | 200   | 200   | 403
PUT    /api/employer/settings/                             | 401   | 403    | 403   | 403    | 200   | 200   | 403

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
GET    /api/jobs/{open}/match/                             | 401   | 403    | 200   | 200    | 403   | 403   | 403
GET    /api/jobs/{closed}/match/                           | 401   | 403    | 200   | 404    | 403   | 403   | 403
GET    /api/jobs/{hidden}/match/                           | 401   | 403    | 404   | 404    | 403   | 403   | 403
GET    /api/jobs/recommended/                              | 401   | 403    | 200   | 200    | 403   | 403   | 403
GET    /api/jobs/{open}/jsonld/                            | 200   | 200    | 200   | 200    | 200   | 200   | 200
GET    /api/jobs/{closed}/jsonld/                          | 404   | 404    | 404   | 404    | 404   | 404   | 404
GET    /api/jobs/{hidden}/jsonld/                          | 404   | 404    | 404   | 404    | 404   | 404   | 404
GET    /api/jobs/facets/                                   | 200   | 200    | 200   | 200    | 200   | 200   | 200
GET    /api/jobs/suggest/                                  | 200   | 200    | 200   | 200    | 200   | 200   | 200
POST   /api/jobs/                                          | 401   | 403    | 403   | 403    | 201   | 201   | 403
PUT    /api/jobs/{open}/                                   | 401   | 403    | 403   | 403    | 200   | 403   | 200
PUT    /api/jobs/{hidden}/                                 | 401   | 403    | 403   | 403    | 200   | 404   | 200
PATCH  /api/jobs/{open}/ title=Cook                        | 401   | 403    | 403   | 403    | 200   | 403   | 200
PATCH  /api/jobs/{hidden}/ title=Cook                      | 401   | 403    | 403   | 403    | 200   | 404   | 200
DELETE /api/jobs/{open}/                                   | 401   | 403    | 403   | 403    | 204   | 403   | 204
DELETE /api/jobs/{hidden}/                                 | 401   | 403    | 403   | 403    | 204   | 404   | 204

GET    /api/jobs/{closed}/questions/                       | 404   | 404    | 200   | 404    | 200   | 404   | 200
PUT    /api/jobs/{open}/questions/                         | 401   | 403    | 403   | 403    | 409   | 403   | 403
PUT    /api/jobs/{hidden}/questions/                       | 401   | 403    | 403   | 403    | 200   | 404   | 403

POST   /api/jobs/{draft}/publish/                          | 401   | 404    | 404   | 404    | 200   | 404   | 403
POST   /api/jobs/{open}/publish/                           | 401   | 403    | 403   | 403    | 409   | 403   | 403
POST   /api/jobs/{open}/pause/                             | 401   | 403    | 403   | 403    | 200   | 403   | 403
POST   /api/jobs/{closed}/pause/                           | 401   | 404    | 404   | 404    | 409   | 404   | 403
POST   /api/jobs/{paused}/resume/                          | 401   | 404    | 404   | 404    | 200   | 404   | 403
POST   /api/jobs/{open}/close/ reason=filled               | 401   | 403    | 403   | 403    | 200   | 403   | 200
POST   /api/jobs/{paused}/close/ reason=filled             | 401   | 404    | 404   | 404    | 200   | 404   | 200
POST   /api/jobs/{closed}/close/ reason=filled             | 401   | 404    | 404   | 404    | 409   | 404   | 409
POST   /api/jobs/{open}/extend/ expires_at=2999-12-31      | 401   | 403    | 403   | 403    | 200   | 403   | 403
POST   /api/jobs/{hidden}/relist/ expires_at=2999-12-31    | 401   | 404    | 404   | 404    | 200   | 404   | 403
POST   /api/jobs/{open}/duplicate/                         | 401   | 403    | 403   | 403    | 201   | 403   | 403
POST   /api/jobs/{draft}/duplicate/                        | 401   | 404    | 404   | 404    | 201   | 404   | 403
GET    /api/jobs/{open}/history/                           | 401   | 403    | 403   | 403    | 200   | 403   | 200
GET    /api/jobs/{hidden}/history/                         | 401   | 404    | 404   | 404    | 200   | 404   | 200

GET    /api/jobs/{draft}/                                  | 404   | 404    | 404   | 404    | 200   | 404   | 200
GET    /api/jobs/{draft}/similar/                          | 404   | 404    | 404   | 404    | 200   | 404   | 200
PATCH  /api/jobs/{draft}/ is_active=true                   | 401   | 403    | 403   | 403    | 200   | 404   | 200
PATCH  /api/jobs/{closed}/ is_active=true                  | 401   | 403    | 403   | 403    | 409   | 404   | 409

POST   /api/employer/jobs/{draft}/publish/                 | 401   | 404    | 404   | 404    | 200   | 404   | 403
POST   /api/employer/jobs/{open}/pause/                    | 401   | 403    | 403   | 403    | 200   | 403   | 403
POST   /api/employer/jobs/{paused}/resume/                 | 401   | 404    | 404   | 404    | 200   | 404   | 403
POST   /api/employer/jobs/{open}/close/ reason=filled      | 401   | 403    | 403   | 403    | 200   | 403   | 200
POST   /api/employer/jobs/{open}/extend/ expires_at=2999-12-31 | 401 | 403  | 403   | 403    | 200   | 403   | 403
POST   /api/employer/jobs/{hidden}/relist/ expires_at=2999-12-31 | 401 | 404 | 404  | 404    | 200   | 404   | 403
POST   /api/employer/jobs/{open}/duplicate/                | 401   | 403    | 403   | 403    | 201   | 403   | 403
GET    /api/employer/jobs/counts/                          | 401   | 403    | 403   | 403    | 200   | 200   | 403
GET    /api/employer/jobs/{open}/                          | 401   | 403    | 403   | 403    | 200   | 404   | 403
GET    /api/employer/jobs/{hidden}/                        | 401   | 403    | 403   | 403    | 200   | 404   | 403
POST   /api/employer/jobs/                                 | 401   | 403    | 403   | 403    | 201   | 201   | 403
PUT    /api/employer/jobs/{open}/                          | 401   | 403    | 403   | 403    | 200   | 404   | 403
PUT    /api/employer/jobs/{hidden}/                        | 401   | 403    | 403   | 403    | 200   | 404   | 403
PATCH  /api/employer/jobs/{open}/ title=Cook               | 401   | 403    | 403   | 403    | 200   | 404   | 403
PATCH  /api/employer/jobs/{hidden}/ title=Cook             | 401   | 403    | 403   | 403    | 200   | 404   | 403
DELETE /api/employer/jobs/{open}/                          | 401   | 403    | 403   | 403    | 204   | 404   | 403
DELETE /api/employer/jobs/{hidden}/                        | 401   | 403    | 403   | 403    | 204   | 404   | 403

POST   /api/saved-jobs/                                    | 401   | 403    | 201   | 201    | 403   | 403   | 403
POST   /api/saved-jobs/ job={hidden}                       | 401   | 403    | 400   | 400    | 403   | 403   | 403
DELETE /api/saved-jobs/{saved_job}/                        | 401   | 403    | 204   | 404    | 403   | 403   | 403

GET    /api/saved-searches/{search}/                       | 401   | 403    | 200   | 404    | 403   | 403   | 403
POST   /api/saved-searches/                                | 401   | 403    | 201   | 201    | 403   | 403   | 403
PUT    /api/saved-searches/{search}/                       | 401   | 403    | 200   | 404    | 403   | 403   | 403
PATCH  /api/saved-searches/{search}/ frequency=off         | 401   | 403    | 200   | 404    | 403   | 403   | 403
DELETE /api/saved-searches/{search}/                       | 401   | 403    | 204   | 404    | 403   | 403   | 403

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
GET    /api/applications/{application}/posting/            | 401   | 404    | 200   | 404    | 200   | 404   | 200
GET    /api/applications/{withdrawn}/posting/              | 401   | 404    | 404   | 404    | 200   | 404   | 200
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

GET    /api/applications/{application}/timeline/           | 401   | 404    | 200   | 404    | 200   | 404   | 200
GET    /api/applications/{withdrawn}/timeline/             | 401   | 404    | 404   | 404    | 200   | 404   | 200
POST   /api/blocked-employers/                               | 401   | 403    | 201   | 201    | 403   | 403   | 403
DELETE /api/blocked-employers/{rival}/                       | 401   | 403    | 204   | 404    | 403   | 403   | 403
POST   /api/muted-employers/                                 | 401   | 403    | 201   | 201    | 403   | 403   | 403
DELETE /api/muted-employers/{rival}/                         | 401   | 403    | 204   | 404    | 403   | 403   | 403
POST   /api/applications/{decided}/revoke/                     | 401   | 404    | 200   | 404    | 403   | 404   | 403
POST   /api/applications/{application}/revoke/                 | 401   | 404    | 409   | 404    | 403   | 404   | 403
GET    /api/applications/draft/?job={vacant}                   | 401   | 403    | 200   | 200    | 403   | 403   | 403
POST   /api/applications/bulk-status/                      | 401   | 403    | 403   | 403    | 200   | 200   | 403
GET    /api/applications/counts/                           | 401   | 200    | 200   | 200    | 200   | 200   | 200
GET    /api/applications/export/                           | 401   | 403    | 403   | 403    | 200   | 200   | 403
POST   /api/applications/{application}/notes/              | 401   | 403    | 403   | 403    | 201   | 404   | 403
POST   /api/applications/{withdrawn}/notes/                | 401   | 403    | 403   | 403    | 409   | 404   | 403
GET    /api/applications/{application}/notes/{note}/       | 401   | 403    | 403   | 403    | 200   | 404   | 200
GET    /api/applications/{decided}/notes/{note}/           | 401   | 403    | 403   | 403    | 404   | 404   | 404
PUT    /api/applications/{application}/notes/{note}/       | 401   | 403    | 403   | 403    | 200   | 404   | 403
PATCH  /api/applications/{application}/notes/{note}/ text=Call | 401 | 403  | 403   | 403    | 200   | 404   | 403
DELETE /api/applications/{application}/notes/{note}/       | 401   | 403    | 403   | 403    | 204   | 404   | 403
GET    /api/applications/{application}/assessment/         | 401   | 403    | 403   | 403    | 200   | 404   | 200
PUT    /api/applications/{application}/assessment/         | 401   | 403    | 403   | 403    | 200   | 404   | 403
PUT    /api/applications/{withdrawn}/assessment/           | 401   | 403    | 403   | 403    | 409   | 404   | 403

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
GET    /sitemap.xml                                        | 200   | 200    | 200   | 200    | 200   | 200   | 200
GET    /feeds/jobs.xml                                     | 200   | 200    | 200   | 200    | 200   | 200   | 200
GET    /feeds/jobs.rss                                     | 200   | 200    | 200   | 200    | 200   | 200   | 200
GET    /robots.txt                                         | 200   | 200    | 200   | 200    | 200   | 200   | 200
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

_QUESTIONS = [{"text": "When can you start?", "kind": "text", "required": True}]

# By the path without its rows.
BODIES: dict[str, Any] = {
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
    "/api/jobs/questions/": _QUESTIONS,
    "/api/employer/jobs/": _JOB,
    "/api/employer/settings/": {"decision_hold_minutes": 60},
    "/api/saved-jobs/": {"job": "{vacant}"},
    "/api/saved-searches/": {"name": "Cooks", "query": "search=cook", "frequency": "weekly"},
    "/api/blocked-employers/": {"employer": "{employer}"},
    "/api/muted-employers/": {"employer": "{employer}"},
    "/api/applications/bulk-status/": {"ids": ["{application}"], "status": "reviewed"},
    "/api/applications/": {"job": "{vacant}", "resume": "{own_resume}", "cover_letter": "Dear Sirs"},
    "/api/applications/notes/": {"text": "Call again."},
    "/api/applications/assessment/": {"rating": 2, "tags": ["later"]},
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
    def body(self) -> Any:
        """The body to send, with names still in braces."""
        if self.method == "GET" or (self.method == "DELETE" and not self.fields):
            return None
        whole = {} if self.method in {"PATCH", "DELETE"} else BODIES.get(re.sub(r"{\w+}/", "", self.path), {})
        return whole if isinstance(whole, list) else {**whole, **dict(field.split("=") for field in self.fields)}


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
