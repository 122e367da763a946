"""Error reports to Sentry."""

from typing import Any


def without_values(event: Any, hint: Any) -> Any:
    """Return the event without texts that may quote user input: the kind and place of the error remain."""
    for error in event.get("exception", {}).get("values", []):
        error["value"] = ""
    for key in ("message", "extra", "breadcrumbs"):
        event.pop(key, None)
    if "logentry" in event:
        # Without the parameters.
        event["logentry"] = {"message": event["logentry"].get("message", "")}
    request = event.get("request", {})
    event["request"] = {key: request[key] for key in ("method", "url") if key in request}
    return event
