"""Codes of error responses; `make schema` writes them to docs/errors.md."""

from collections.abc import Mapping
from typing import NamedTuple


class ErrorCode(NamedTuple):
    """A code: the status of its responses, what it means, and what a client does."""

    status: int
    meaning: str
    action: str


ERROR_CODES: Mapping[str, ErrorCode] = {
    "account_inactive": ErrorCode(401, "The account is blocked.", "Show `message`."),
    "already_exists": ErrorCode(409, "The row exists; `existing` has its key.", "Offer or use the existing row."),
    "bad_request": ErrorCode(
        400, "The proxy could not read the request; also 414, 417, 431.", "Report it: the client has an error."
    ),
    "conflict": ErrorCode(409, "The request conflicts with the present state.", "Read the row again, show `message`."),
    "email_not_verified": ErrorCode(403, "This needs a verified email address.", "Offer to send the link again."),
    "error": ErrorCode(500, "The server has an error.", "Show `message` with `request_id`; try later."),
    "google_account_conflict": ErrorCode(
        409, "The account, or the Google account, is linked to another one.", "Show `message`."
    ),
    "google_email_unverified": ErrorCode(403, "Google has not verified the address.", "Offer login by password."),
    "google_link_required": ErrorCode(
        409, "An account has this address.", "Ask for its password, then POST `/api/auth/google/link/`."
    ),
    "google_not_configured": ErrorCode(503, "This site has no login with Google.", "Hide the button."),
    "google_unavailable": ErrorCode(503, "Google does not respond.", "Try again after Retry-After."),
    "idempotency_key_reused": ErrorCode(409, "The key belongs to another body.", "Send a new key."),
    "illegal_state": ErrorCode(
        409, "The job's state does not allow this action.", "Read the job again; `message` names what is possible."
    ),
    "in_use": ErrorCode(409, "Other rows refer to the row.", "Show `message`."),
    "invalid_credentials": ErrorCode(401, "Email address or password is wrong.", "Ask again."),
    "invalid_google_code": ErrorCode(401, "Google does not accept the code.", "Start the login with Google again."),
    "invalid_google_token": ErrorCode(
        401, "Google's confirmation is not for this site.", "Start the login with Google again."
    ),
    "invalid_status_change": ErrorCode(
        409, "This status does not follow the present one.", "Read the application again; `message` names what follows."
    ),
    "limit_reached": ErrorCode(409, "The list has as many rows as it takes.", "Offer to remove one."),
    "link_expired": ErrorCode(403, "The link to the resume has expired.", "Read the resume again for a new link."),
    "method_not_allowed": ErrorCode(405, "The URL does not have this method.", "Correct the client."),
    "not_acceptable": ErrorCode(406, "`Accept` excludes JSON.", "Correct the client."),
    "not_authenticated": ErrorCode(401, "There is no valid access token.", "Refresh it once, or log in."),
    "not_decided": ErrorCode(409, "Only a decided application is revoked.", "Offer to withdraw it."),
    "not_found": ErrorCode(404, "It does not exist, or the caller may not see it.", "Show that it is not there."),
    "other_account": ErrorCode(403, "The link is for another account.", "Log in to that account, then open it again."),
    "otp_required": ErrorCode(
        401,
        "The staff needs a code to log in; with Google, a 403.",
        "Ask for the code of the authenticator app, then log in with it as `otp`.",
    ),
    "parse_error": ErrorCode(400, "Body or header cannot be read.", "Correct the client."),
    "permission_denied": ErrorCode(403, "The caller may not do this.", "Show `message`; do not offer it again."),
    "precondition_failed": ErrorCode(
        412, "The row has changed since it was read.", "Read it again, repeat the change."
    ),
    "refresh_token_used": ErrorCode(401, "The refresh token was used a moment ago.", "Use the newer pair."),
    "request_too_large": ErrorCode(413, "The body is too long.", "Show `message`, which names the limit."),
    "service_unavailable": ErrorCode(503, "A service is unavailable.", "Repeat the request after Retry-After."),
    "session_ended": ErrorCode(401, "The session has ended.", "Log in again."),
    "sign_in_to_confirm": ErrorCode(401, "The link needs a login.", "Log in to the account, then open it again."),
    "storage_full": ErrorCode(409, "The job seeker has too many resumes.", "Offer to delete one."),
    "terms_changed": ErrorCode(
        403,
        "The user has not accepted the present terms of use; until then nothing is written.",
        "Show the terms; once they are accepted, POST `/api/auth/me/terms/`, then repeat the request.",
    ),
    "terms_required": ErrorCode(
        400, "The version of the terms is missing, or not the present one.", "Show the present terms, then send theirs."
    ),
    "throttled": ErrorCode(429, "There were too many requests.", "Wait for Retry-After."),
    "token_not_valid": ErrorCode(401, "The access token is expired or invalid.", "Refresh it once, or log in."),
    "too_many_failures": ErrorCode(
        429, "Too many logins failed.", "Wait for Retry-After, or offer to reset the password."
    ),
    "unsupported_media_type": ErrorCode(415, "`Content-Type` is not supported here.", "Correct the client."),
    "validation_error": ErrorCode(400, "The input is invalid.", "Show each of `errors` beside its field."),
}


def errors_page() -> str:
    """Return docs/errors.md."""
    rows = (
        f"| `{code}` | {status} | {meaning} | {action} |" for code, (status, meaning, action) in ERROR_CODES.items()
    )
    return "\n".join([*_HEAD, *rows, ""])


_HEAD = (
    "# Errors",
    "",
    "Every error response has the same shape; `code` is one of these. `make schema` writes this page from",
    "`anywork/api/error_codes.py`.",
    "",
    "| code | status | meaning | what a client does |",
    "|---|---|---|---|",
)
