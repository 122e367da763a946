"""Rules of CONTRIBUTING.md that import-linter cannot check; docstrings name the section."""

import ast
import importlib
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from celery import current_app
from django.apps import apps
from django.conf import settings
from django.db import models
from django.dispatch import Signal
from django.urls import URLPattern, get_resolver
from rest_framework.test import APIClient

from applications.models import Application
from jobs.tests.factories import JobFactory
from resumes.tests.factories import ResumeFactory

BASE = Path(settings.BASE_DIR)

# From the bottom up; apps of one layer know nothing of each other.
LAYERS = (("accounts",), ("jobs", "resumes"), ("applications",), ("notifications", "analytics"))
APPS = tuple(app for layer in LAYERS for app in layer)
MODELS = [model for app in APPS for model in apps.get_app_config(app).get_models()]


def layer_of(app: str) -> int:
    return next(height for height, layer in enumerate(LAYERS) if app in layer)


def sources() -> Iterator[tuple[str, ast.Module]]:
    """Yield the project's modules, without tests and migrations, by path."""
    for app in ("anywork", *APPS):
        for path in sorted((BASE / app).rglob("*.py")):
            if not {"tests", "migrations", "testing"} & set(path.relative_to(BASE).parts):
                yield str(path.relative_to(BASE)), ast.parse(path.read_text())


SOURCES = dict(sources())


def functions(tree: ast.AST, prefix: str = "") -> Iterator[tuple[str, ast.AST]]:
    """Yield every statement that is in no function, and every function, with its dotted name."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.ClassDef):
            yield from functions(node, f"{prefix}{node.name}.")
        elif isinstance(node, ast.FunctionDef):
            yield prefix + node.name, node
        else:
            yield prefix.rstrip("."), node


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_foreign_keys_point_down_the_layers_only(model: type[models.Model]) -> None:
    """Layout and direction."""
    for field in model._meta.get_fields():
        if not isinstance(field, models.ForeignKey | models.ManyToManyField):
            continue
        target = field.related_model._meta.app_label
        if target in APPS and target != model._meta.app_label:
            assert layer_of(target) < layer_of(model._meta.app_label), field.name


# Who may follow the reverse name `applications`: an employer sees its applicants, a seeker the jobs it applied to.
FOLLOW_APPLICATIONS = {
    "accounts/querysets.py: JobSeekerQuerySet.visible_to",
    "jobs/querysets.py: JobQuerySet.seen_by",
    # The example of counts.
    "jobs/schema.py: ",
    "resumes/querysets.py: ResumeQuerySet.visible_to",
}


def test_reverse_name_of_applications_is_followed_by_the_listed_functions_only() -> None:
    """Layout and direction. By attribute, by lookup (`applications__job`) or as a text that names the relation."""

    def follows(node: ast.AST) -> bool:
        match node:
            case ast.Attribute(attr="applications"):
                return True
            case ast.Constant(value=str(text)):
                return text == "applications" or text.startswith(("applications__", "live__"))
            case ast.keyword(arg=str(name)):
                return name.startswith("applications__")
        return False

    followers = {
        f"{path}: {name}"
        for path, tree in SOURCES.items()
        # Below `applications`, where the reverse name is all that there is.
        if path.startswith(("accounts/", "jobs/", "resumes/"))
        for name, function in functions(tree)
        if any(follows(node) for node in ast.walk(function))
    }
    assert followers == FOLLOW_APPLICATIONS


def test_only_services_write_the_status_of_an_application() -> None:
    """Where a rule lives. Assignments to `.status`, and `status=` in what creates or updates rows."""

    def writes(node: ast.AST) -> bool:
        match node:
            case ast.Assign(targets=targets):
                return any(isinstance(target, ast.Attribute) and target.attr == "status" for target in targets)
            case (
                ast.AnnAssign(target=ast.Attribute(attr="status")) | ast.AugAssign(target=ast.Attribute(attr="status"))
            ):
                return True
            case ast.Call(func=ast.Name(id="setattr"), args=[_, ast.Constant(value="status"), *_]):
                return True
            case ast.Call(func=ast.Attribute(attr=called), keywords=keywords):
                writing = {"create", "update", "get_or_create", "update_or_create", "bulk_update"}
                return called in writing and any(keyword.arg == "status" for keyword in keywords)
            case ast.Call(func=ast.Name(id="Application"), keywords=keywords):
                return any(keyword.arg == "status" for keyword in keywords)
        return False

    writers = {path for path, tree in SOURCES.items() if any(writes(node) for node in ast.walk(tree))}
    assert writers == {"applications/services.py"}


def test_seeker_who_sends_a_status_with_an_application_decides_nothing(seeker: APIClient) -> None:
    """Where a rule lives."""
    person = seeker.user.job_seeker  # type: ignore[attr-defined]
    body = {"job": str(JobFactory().pk), "resume": str(ResumeFactory(job_seeker=person).pk), "status": "accepted"}

    response = seeker.post("/api/applications/", body).json()

    application = Application.objects.get(pk=response["application_id"])
    assert (response["status"], application.status) == ("pending", "pending")
    assert [change.to_status for change in application.status_changes.all()] == ["pending"]


def test_what_runs_on_commit_is_robust() -> None:
    """Signals and mail. A committed request does not fail for what comes after."""
    calls = [
        (path, node)
        for path, tree in SOURCES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "on_commit"
    ]
    assert calls
    for path, call in calls:
        robust = {keyword.arg: ast.unparse(keyword.value) for keyword in call.keywords}.get("robust")
        assert robust == "True", f"{path}:{call.lineno}"


def test_no_module_is_called_utils() -> None:
    """Layout and direction."""
    assert [path for path in SOURCES if re.search(r"util|helper|common|misc", path)] == []


def test_receivers_carry_a_dispatch_uid_and_sit_in_their_own_module() -> None:
    """Signals and mail."""
    receivers = [
        (path, decorator)
        for path, tree in SOURCES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
        for decorator in node.decorator_list
        if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "receiver"
    ]
    assert receivers
    for path, decorator in receivers:
        assert path.endswith("/receivers.py")
        assert "dispatch_uid" in {keyword.arg for keyword in decorator.keywords}, f"{path}:{decorator.lineno}"


@pytest.mark.parametrize("app", APPS)
def test_every_signal_of_the_project_has_a_receiver(app: str) -> None:
    """Signals and mail."""
    if not (BASE / app / "signals.py").exists():
        return
    module = importlib.import_module(f"{app}.signals")
    for name, signal in inspect.getmembers(module, lambda member: isinstance(member, Signal)):
        assert signal.receivers, name


def test_every_task_has_an_explicit_name() -> None:
    """Signals and mail."""
    current_app.loader.import_default_modules()
    for name, task in current_app.tasks.items():
        if name.startswith("celery."):
            continue
        module = type(task).__module__ if task.__module__ is None else task.__module__
        assert name == f"{module.split('.')[0]}.{task.__name__}"
    for path, tree in SOURCES.items():
        for node in ast.walk(tree):
            for decorator in node.decorator_list if isinstance(node, ast.FunctionDef) else ():
                if "shared_task" in (text := ast.unparse(decorator)):
                    assert "name=" in text, f"{path}:{node.lineno}"  # type: ignore[attr-defined]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_constraints_are_named_after_app_model_and_rule(model: type[models.Model]) -> None:
    """Where a rule lives."""
    # The table is named so, too, and keeps its name when the model is renamed.
    for constraint in model._meta.constraints:
        assert re.fullmatch(f"{model._meta.db_table}_[a-z_]+", constraint.name)
    assert model._meta.unique_together == ()


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_choices_are_checked_by_the_database(model: type[models.Model]) -> None:
    """Where a rule lives."""
    checks = " ".join(str(c.condition) for c in model._meta.constraints if isinstance(c, models.CheckConstraint))
    for field in model._meta.concrete_fields:
        if field.choices:
            assert f"{field.name}__in" in checks, field.name


@pytest.mark.parametrize("app", APPS)
def test_indexes_say_which_query_they_serve(app: str) -> None:
    """Where a rule lives. A comment above each index names the query that it serves."""
    lines = (BASE / app / "models.py").read_text().splitlines()
    for number, line in enumerate(lines):
        if re.match(r"\s+(models\.Index|GinIndex)\(", line):
            assert lines[number - 1].strip().startswith("# "), f"{app}/models.py:{number + 1}"


def viewsets() -> list[type]:
    def walk(resolver: object) -> Iterator[type]:
        for pattern in resolver.url_patterns:  # type: ignore[attr-defined]
            if not isinstance(pattern, URLPattern):
                yield from walk(pattern)
            elif hasattr(pattern.callback, "actions"):
                yield pattern.callback.cls  # type: ignore[attr-defined]

    return list(dict.fromkeys(walk(get_resolver())))


# Read by everybody, as `permission_table.py` says.
PUBLISHED = {"CategoryViewSet", "LocationViewSet"}


@pytest.mark.parametrize("view", viewsets(), ids=lambda view: view.__name__)
def test_viewset_starts_from_what_the_caller_may_see(view: type) -> None:
    """Where a rule lives."""
    if view.__name__ in PUBLISHED:
        return
    source = inspect.getsource(view.get_queryset)  # type: ignore[attr-defined]
    assert re.search(r"\.(visible_to|listed_to|owned_by)\(", source)


def test_example_environment_names_every_variable_that_settings_read() -> None:
    read = set()
    for node in ast.walk(SOURCES["anywork/settings.py"]):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id="env")), args=[ast.Constant(value=str(name)), *_]):
                read.add(name)
    assert {"SECRET_KEY", "DATABASE_URL", "EMAIL_URL", "FRONTEND_URL"} <= read
    example = BASE / ".env.example"
    named = set(re.findall(r"^#?\s*([A-Z][A-Z0-9_]+)=", example.read_text(), re.MULTILINE))
    assert read - named == set()


def test_docstrings_of_these_tests_name_a_section_of_contributing() -> None:
    sections = set(re.findall(r"^## (.*)$", (BASE / "CONTRIBUTING.md").read_text(), re.MULTILINE))
    named = {
        node.name: (ast.get_docstring(node) or "").partition(".")[0]
        for node in ast.parse(Path(__file__).read_text()).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_") and ast.get_docstring(node)
    }
    assert len(named) > 10
    assert {name: section for name, section in named.items() if section not in sections} == {}
