"""Personal data is annotated where it lives, in the platform's words, and a column that looks like it is not missed."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.apps import apps

pytest.importorskip("code_annotations")

from code_annotations.base import AnnotationConfig
from code_annotations.find_django import DjangoSearch

from zoom_xblock import models

ROOT = Path(__file__).parents[2]
#: Parts of column names that stand for somebody.
PERSONAL = ("email", "host", "name", "zoom_user_id", "registrant_id", "reason", "join_url", "share_url", "body")
#: Columns that are called so and stand for nobody.
IMPERSONAL = {"Endpoint.name", "SelfTestStep.name", "Connection.hosts_error", "Connection.state_reason"}


@pytest.fixture
def search(tmp_path, monkeypatch):
    """What `tools/lint.sh` looks with."""
    monkeypatch.chdir(ROOT)
    return DjangoSearch(AnnotationConfig(".annotations.yml", str(tmp_path), -1), "zoom_xblock")


def said(model):
    """The annotations of a model's own docstring."""
    return [line.strip().split(":")[0] for line in (model.__doc__ or "").splitlines() if line.strip().startswith(".. ")]


def test_every_model_is_annotated_and_every_annotation_is_whole(search):
    found = search.search()
    search.check_results(found)
    assert search.errors == []
    assert search.check_coverage()
    assert search.model_counts["annotated"] == len(list(apps.get_app_config("zoom_xblock").get_models()))


@pytest.mark.parametrize(
    "words", [".. pii: Her name.", ".. pii: Her name.\n.. pii_types: nickname\n.. pii_retirement: retained"]
)
def test_half_an_annotation_and_an_unknown_word_are_found(search, monkeypatch, words):
    monkeypatch.setattr(models.Sitting, "__doc__", f"A run.\n\n{words}\n")
    search.check_results(search.search())
    assert search.errors


@pytest.mark.parametrize("model", apps.get_app_config("zoom_xblock").get_models(), ids=lambda model: model.__name__)
def test_a_model_that_says_it_has_none_has_no_column_that_looks_like_it(model):
    assert said(model) in ([".. no_pii"], [".. pii", ".. pii_types", ".. pii_retirement"])
    if said(model) == [".. no_pii"]:
        columns = {f"{model.__name__}.{field.name}" for field in model._meta.concrete_fields} - IMPERSONAL
        assert not [one for one in columns if any(word in one.partition(".")[2] for word in PERSONAL)]


def test_what_retirement_leaves_is_called_retained():
    """`services.people.forget_person` touches neither results nor verdicts."""
    for model in (models.Result, models.Correction):
        assert "retained" in model.__doc__.split(".. pii_retirement:")[1].split("\n")[0]
