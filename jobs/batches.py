"""Changes of many jobs, in batches: new names, merged categories and locations, salaries."""

import logging
import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, TypeVar, cast
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import DatabaseError, connection, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Lower
from django.db.models.lookups import Exact

from anywork.api.text import Folded
from jobs.models import (
    SALARY_FIELDS,
    Category,
    CurrencyRate,
    Job,
    Location,
    Renaming,
    RenamingRelation,
    SalaryRecalculation,
    Suggestion,
    SuggestionKind,
    Synonym,
    placed_values,
)
from jobs.querysets import JobQuerySet
from jobs.searching.folding import fold_place
from jobs.searching.salary import RULES_VERSION

logger = logging.getLogger(__name__)

Shared = TypeVar("Shared", Category, Location)

# Jobs written or deleted by one statement, far within the statement timeout.
BATCH_SIZE = 500
# Jobs whose search vectors are written by one statement: 300 long ones took 7 to 9 s.
REINDEXED_AT_ONCE = 100
OTHER_COUNTRY = "other_country"


def repeat(change_batch: Callable[[], bool], *, seconds: float) -> None:
    """Change batches until none is left, for about `seconds`."""
    until = time.monotonic() + seconds
    while change_batch() and time.monotonic() < until:
        pass


# --- New names --------------------------------------------------------------------------------------------------------


def reindex_renamed_jobs(*, seconds: float, batch_size: int = REINDEXED_AT_ONCE) -> None:
    """Write the search vectors of jobs whose company, category or location has a new name, or is another row now."""
    left: set[int] = set()
    repeat(partial(_reindex_batch, batch_size, left), seconds=seconds)


@transaction.atomic
def _reindex_batch(batch_size: int, left: set[int]) -> bool:
    """Reindex some jobs; return False if all renamings are done, locked, or `left` to the next run."""
    renamings = Renaming.objects.exclude(pk__in=left).select_for_update(skip_locked=True)
    # All jobs last: a million take 50 minutes.
    renaming = renamings.order_by(Exact(F("relation"), Value(RenamingRelation.ALL)), "pk").first()
    if renaming is None:
        return False
    try:
        with transaction.atomic():
            change = _move_batch if renaming.into else _reindex_jobs
            is_left = not change(renaming, batch_size)
    except DatabaseError:
        logger.exception("Renaming %d has failed.", renaming.pk)
        is_left = True
    if is_left:
        left.add(renaming.pk)
    return True


def _reindex_jobs(renaming: Renaming, batch_size: int) -> bool:
    jobs = Job.objects.order_by("pk")
    if renaming.relation != RenamingRelation.ALL:
        jobs = jobs.filter(**{renaming.relation: renaming.renamed})
    if renaming.reached:
        jobs = jobs.filter(pk__gt=renaming.reached)
    keys = list(jobs.values_list("pk", flat=True)[:batch_size])
    if keys:
        # The trigger jobs_job_write_search then writes it.
        Job.objects.filter(pk__in=keys).update(search=None)
        renaming.reached = keys[-1]
        renaming.save(update_fields=["reached"])
    else:
        finish_renamings([renaming.pk])
    return True


def finish_renamings(keys: Iterable[int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT jobs_forget_words(former_name) FROM jobs_renaming WHERE id = ANY (%s)", [list(keys)])
    Renaming.objects.filter(pk__in=keys).delete()


def place_locations() -> int:
    """Derive again where all locations are, after a change of the gazetteer; return how many have changed."""
    changed = 0
    for location in Location.objects.order_by().iterator(chunk_size=BATCH_SIZE):
        values = placed_values(location.city, location.state, location.country)
        if all(getattr(location, field) == value for field, value in values.items()):
            continue
        names = {"city": location.city, "state": location.state, "country": location.country}
        with transaction.atomic():
            # Unless it was renamed meanwhile, which placed it.
            if not Location.objects.filter(pk=location.pk, **names).update(**values):
                continue
            changed += 1
            if location.other_names != values["other_names"]:
                Renaming.objects.update_or_create(
                    {"reached": None}, relation=RenamingRelation.LOCATION, renamed=location.pk
                )
    return changed


# --- Merging ----------------------------------------------------------------------------------------------------------


@transaction.atomic
def merge(losers: Sequence[Shared], winner: Shared, *, to_other_country: bool = False) -> int:
    """Merge categories or locations into another one; return how many of them are gone already.

    The names of the losers become synonyms of the winner's, unless other rows keep them. Up to REINDEXED_AT_ONCE jobs
    follow at once, the others by `reindex_renamed_jobs`, which then deletes the losers. Until then jobs may still be
    posted there.

    Raises:
        ValidationError: this makes no sense; by the code OTHER_COUNTRY, it may with `to_other_country`.
    """
    relation = str(winner._meta.model_name)
    model: Any = type(winner)
    keys: list[UUID] = [loser.pk for loser in losers]
    named = {winner.pk, *keys}
    # First the rows, but not their keys, then the renamings, then jobs, in the order of all that change a row.
    if len(model.objects.filter(pk__in=named).order_by("pk").select_for_update(no_key=True)) < len(named):
        raise ValidationError("One of them was deleted at the same moment.")
    merges = Renaming.objects.filter(relation=relation, into__isnull=False)
    renamings = Renaming.objects.filter(Q(renamed__in=keys) | Q(into__in=keys), relation=relation)
    list(renamings.order_by("pk").select_for_update())
    merging = dict(merges.values_list("renamed", "into"))
    _check_merge(losers, winner, merging, to_other_country=to_other_country)
    # What is being merged into one of the losers follows it.
    merges.filter(into__in=keys).update(into=winner.pk)
    _add_synonyms(model.objects.filter(pk__in=keys), winner, model.objects.exclude(pk__in=named | merging.keys()))
    Renaming.objects.bulk_create(
        [Renaming(relation=relation, renamed=loser.pk, into=winner.pk, former_name=str(loser)) for loser in losers],
        update_conflicts=True,
        unique_fields=["relation", "renamed"],
        update_fields=["into", "reached", "former_name"],
    )
    _move_jobs(relation, keys, winner.pk, REINDEXED_AT_ONCE)
    return _delete_merged(relation, keys)


def _check_merge(losers: Sequence[Shared], winner: Shared, merging: dict[Any, Any], *, to_other_country: bool) -> None:
    if winner in losers:
        raise ValidationError(f"“{winner}” cannot be merged into itself. Choose another.")
    if winner.pk in merging:
        raise ValidationError(f"“{winner}” is being merged into another itself. Choose that one.")
    for loser in losers:
        if merging.get(loser.pk, winner.pk) != winner.pk:
            raise ValidationError(f"“{loser}” is being merged into another already.")
        if isinstance(loser, Location) and not to_other_country and _country(loser) != _country(winner):
            raise ValidationError(f"“{loser}” is in another country than “{winner}”.", OTHER_COUNTRY)


def _country(location: Any) -> str:
    return location.country_code or fold_place(location.country)


def _add_synonyms(losers: QuerySet[Any], winner: Category | Location, others: QuerySet[Any]) -> None:
    """Let searches for the names of `losers`, and for names merged into them before, find that of `winner`.

    A name that one of `others` has still means these.
    """
    field = "name" if isinstance(winner, Category) else "city"
    name = getattr(winner, field)
    if not name:
        # Anywhere in a country.
        return
    has_name = Exists(others.filter(Exact(Folded(field), Folded(OuterRef(field)))))
    former = set(_with_other_name(losers.exclude(has_name), field, name).values_list(field, flat=True))
    merged = Synonym.objects.filter(is_former_name=True, meaning__in=former)
    former |= set(_with_other_name(merged, "name", name).values_list("name", flat=True))
    synonyms = [Synonym(name=text, meaning=name, is_former_name=True) for text in sorted(former)]
    Synonym.objects.bulk_create(synonyms, ignore_conflicts=True)


def _with_other_name(rows: QuerySet[Any], field: str, name: str) -> QuerySet[Any]:
    """Return the rows whose name is none, nor `name`, in any case and accents, nor known to mean it."""
    is_known = Synonym.objects.filter(
        Exact(Lower("meaning"), Lower(OuterRef(field))), Exact(Lower("name"), Lower(Value(name)))
    )
    # `iexact` as in the constraint jobs_synonym_two_names.
    is_same = Q(**{field: ""}) | Q(**{f"{field}__iexact": name}) | Q(Exact(Folded(field), Folded(Value(name))))
    return rows.order_by().exclude(is_same | Q(Exists(is_known)))


def _move_batch(renaming: Renaming, batch_size: int) -> bool:
    """Move some jobs of a category or location into the other; return False if there is nothing to do yet.

    A row that is locked is not waited for: what changes a row locks it first, and then its renaming.
    """
    loser, winner = renaming.renamed, cast("UUID", renaming.into)
    rows = _related(renaming.relation).objects.order_by("pk").filter(pk__in=(loser, winner))
    locked = list(rows.select_for_update(no_key=True, skip_locked=True).values_list("pk", flat=True))
    if locked != list(rows.values_list("pk", flat=True)):
        return False
    if winner not in locked:
        # The winner was deleted: the other stays, with its jobs.
        renaming.delete()
        return True
    moved = _move_jobs(renaming.relation, [loser], winner, batch_size)
    gone = _delete_merged(renaming.relation, [loser])
    return moved + gone > 0


def _related(relation: str) -> Any:
    return Job._meta.get_field(relation).related_model


def _move_jobs(relation: str, losers: Sequence[UUID], winner: UUID, most: int) -> int:
    """Move some jobs of categories or locations into another; return how many."""
    jobs = Job.objects.order_by("pk").filter(**{f"{relation}__in": losers}).select_for_update(no_key=True)
    keys = list(jobs.values_list("pk", flat=True)[:most])
    if keys:
        # The trigger jobs_job_write_search then writes their vectors.
        moved = Job.objects.filter(pk__in=keys)
        moved.update(**{relation: winner})
        if relation == RenamingRelation.LOCATION:
            # "$" is another currency elsewhere.
            _derive_salaries(moved)
    return len(keys)


def _delete_merged(relation: str, losers: Sequence[UUID]) -> int:
    """Delete those of the merged categories or locations that have no jobs; return how many are gone."""
    rows = _related(relation).objects.order_by("pk").filter(pk__in=losers)
    # One to which a job is being posted is locked; the next statement sees the jobs of the others.
    locked = list(rows.select_for_update(skip_locked=True).values_list("pk", flat=True))
    has_jobs = Exists(Job.objects.filter(**{relation: OuterRef("pk")}))
    rows.filter(~has_jobs, pk__in=locked).delete()
    gone = set(losers).difference(rows.values_list("pk", flat=True))
    Suggestion.objects.filter(kind=SuggestionKind.PLACE, key__in=[str(key) for key in gone]).delete()
    finish_renamings(Renaming.objects.filter(relation=relation, renamed__in=gone).values_list("pk", flat=True))
    return len(gone)


# --- Salaries ---------------------------------------------------------------------------------------------------------


def recalculate_salaries(*, seconds: float, batch_size: int = BATCH_SIZE) -> None:
    """Derive the salaries of all jobs again, for about `seconds`, after a change of a rate or of the rules."""
    repeat(partial(_recalculate_batch, batch_size), seconds=seconds)


@transaction.atomic
def _recalculate_batch(batch_size: int) -> bool:
    """Derive the salaries of some jobs; return False if none is left, or another worker is at it."""
    state = SalaryRecalculation.objects.select_for_update(skip_locked=True).first()
    rules = f"{RULES_VERSION} {settings.BASE_CURRENCY}"
    if state is None or (state.is_done and state.rules == rules):
        return False
    if state.rules != rules:
        state.rules, state.reached = rules, None
    jobs = Job.objects.filter(pk__gt=state.reached) if state.reached else Job.objects.all()
    last = _derive_salaries(jobs.order_by("pk")[:batch_size])
    state.reached, state.is_done = last, last is None
    state.save()
    return not state.is_done


def _derive_salaries(jobs: JobQuerySet) -> Any:
    """Derive the salaries of these jobs again; return the key of the last, None if there is none."""
    jobs = jobs.select_for_update(of=("self",), no_key=True).select_related("location")
    batch = list(jobs.only("salary_range", "location__country", *SALARY_FIELDS))
    rates = dict(CurrencyRate.objects.values_list("currency", "per_dollar"))
    changed, fields = [], set()
    for job in batch:
        before = {field: getattr(job, field) for field in SALARY_FIELDS}
        job.derive_salary(rates)
        if different := {field for field, value in before.items() if getattr(job, field) != value}:
            changed.append(job)
            fields |= different
    # An update of no row would make a new version of all lists, too.
    if changed:
        Job.objects.bulk_update(changed, sorted(fields))
    return batch[-1].pk if batch else None
