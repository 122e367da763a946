"""Export of a job seeker's applications, and of what an employer asked, let apply to, and wrote about them."""

from typing import Any

from accounts.export import Archive
from accounts.models import User
from applications.models import Application, Assessment, Note, Posting, Question
from applications.timeline import PREFETCHED, entries_of

_QUESTION = ("question_id", "text", "kind", "choices", "required", "knock_out")
_POSTING = ("title", "company_name", "place", "salary_range", "salary_details", "description")


def export_applications(user: User, archive: Archive) -> None:
    """Add the applications of `user` with their history; what an employer asked, let apply to, and wrote."""
    applications = (
        Application.objects.filter(job_seeker=user.pk)
        .select_related("job__employer", "posting")
        .prefetch_related(*PREFETCHED, "job__questions")
    )
    archive.add_json("applications.json", [_as_dict(application) for application in applications])
    notes = Note.objects.filter(author=user)
    fields = ("application_id", "text", "created_at", "updated_at")
    archive.add_json("application_notes.json", list(notes.values("note_id", *fields)))
    assessments = Assessment.objects.filter(author=user)
    archive.add_json("application_assessments.json", list(assessments.values("application_id", "rating", "tags")))
    questions = Question.objects.filter(job__employer=user.pk)
    archive.add_json("questions.json", list(questions.values("job_id", *_QUESTION)))
    postings = Posting.objects.filter(job__employer=user.pk)
    archive.add_json("postings.json", list(postings.values("job_id", *_POSTING)))


def _as_dict(application: Application) -> dict[str, Any]:
    # Those of a deleted employer are gone.
    questions = {str(question.pk): question.text for question in application.job.questions.all()}
    return {
        "application_id": application.pk,
        "job_id": application.job_id,
        "job_title": application.job.title,
        "company_name": application.job.company_name,
        "resume_id": application.resume_id,
        "cover_letter": application.cover_letter,
        "answers": [
            {"question_id": key, "question": questions.get(key, ""), "answer": answer}
            for key, answer in application.answers.items()
        ],
        "status": application.told,
        "applied_at": application.applied_at,
        "revoked_at": application.revoked_at,
        "noticed_at": application.noticed_at,
        "terms_version": application.terms_version,
        # None where it is older than stored postings.
        "posting": application.posting and {name: getattr(application.posting, name) for name in _POSTING},
        "history": [
            {"at": entry.at, "kind": entry.kind, "status": entry.to_status, "reason": entry.reason}
            for entry in entries_of(application, for_applicant=True)
        ],
    }
