"""Names of skills that are proposed while one is typed. Other apps register theirs in AppConfig.ready()."""

from collections.abc import Callable

from accounts.models import Skill
from accounts.querysets import MAX_COMMON_SKILLS

_MIN_TYPED = 2

# Returns names that begin with what is typed.
Source = Callable[[str], list[str]]

sources: dict[str, Source] = {}


def register(app: str, source: Source) -> None:
    """Register the names of an app."""
    sources[app] = source


def suggest_skills(typed: str) -> list[str]:
    """Return names that begin with `typed`, the shortest first: of skills that several users have, and other apps'."""
    if len(typed) < _MIN_TYPED:
        return []
    names = Skill.objects.common_names(typed)
    for source in sources.values():
        names += source(typed)
    # In the spelling of users, which come first.
    spellings: dict[str, str] = {}
    for name in names:
        spellings.setdefault(name.casefold(), name)
    return sorted(spellings.values(), key=lambda name: (len(name), name.casefold()))[:MAX_COMMON_SKILLS]
