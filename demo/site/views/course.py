"""The LMS: unit pages, the same without chrome, and the way to a block by its key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from completion.models import BlockCompletion
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_POST
from opaque_keys.edx.keys import CourseKey, UsageKey

from demo.site import people
from demo.site.handlers import load_for_learner
from demo.site.models import Course, Unit
from demo.site.rendering import Rendered, gather
from demo.site.runtime import find_row
from demo.site.views import current


@dataclass(frozen=True)
class Component:
    """A block on a unit page."""

    key: UsageKey
    name: str
    completion: float | None
    body: str = ""

    @property
    def complete(self) -> bool:
        """Whether edx-completion has it as done."""
        return self.completion == 1.0


@dataclass(frozen=True)
class UnitLine:
    """A unit in the outline beside the page."""

    unit: Unit
    slug: str
    complete: bool | None  # None: nothing in it can be completed


def let_in(request: HttpRequest, course_key: CourseKey) -> Any:
    """The user as whom the page is shown. Whoever neither learns nor teaches here gets 404, as on the platform."""
    people.setup_masquerade(request, course_key)
    user = people.effective_user(request, course_key)
    if not (people.is_enrolled(user.pk, course_key) or people.teaches(request.user, course_key)):
        raise Http404("you are not enrolled in this course")
    return user


@login_required
def course_home(request: HttpRequest) -> HttpResponse:
    """On to the first unit."""
    key = current.course_key(request)
    let_in(request, key)
    return redirect("unit", slug=get_object_or_404(Course, key=key).units.first().key.block_id)


@login_required
@transaction.non_atomic_requests
@ensure_csrf_cookie
def unit_page(request: HttpRequest, slug: str) -> HttpResponse:
    """A unit as a learner sees it: each published block's `student_view`, with what edx-completion says about it."""
    key = current.course_key(request)
    user = let_in(request, key)
    unit = get_object_or_404(Unit, key=key.make_usage_key("vertical", slug))
    components, rendered = _components(request, unit, user)
    lines = _outline(unit.course, user)
    here = [line.slug for line in lines].index(slug)
    learners = unit.course.enrollments.filter(is_active=True).select_related("user").order_by("user__username")
    context = {
        "unit": unit,
        "slug": slug,
        "lines": lines,
        "previous": lines[here - 1] if here else None,
        "next": lines[here + 1] if here + 1 < len(lines) else None,
        "components": components,
        "rendered": rendered,
        "viewer": user,
        "may_view_as": people.teaches(request.user, key),
        "chosen": people.masquerade(key) or {"role": "staff", "username": None},
        "learners": [enrollment.user for enrollment in learners],
    }
    return render(request, "demo_site/unit.html", context)


@login_required
def framed_unit(request: HttpRequest, slug: str) -> HttpResponse:
    """The unit inside an iframe with the attributes that the learning frontend gives to its own."""
    key = current.course_key(request)
    let_in(request, key)
    unit = get_object_or_404(Unit, key=key.make_usage_key("vertical", slug))
    return render(request, "demo_site/framed.html", {"unit": unit, "slug": slug})


@xframe_options_exempt
@transaction.non_atomic_requests
@ensure_csrf_cookie
def chromeless(request: HttpRequest, usage: UsageKey) -> HttpResponse:
    """A unit or a single block without anything around it: what the learning frontend and the mobile apps load."""
    user = let_in(request, usage.course_key)
    if usage.block_type == "vertical":
        unit, only = get_object_or_404(Unit, key=usage), None
    else:
        unit, only = find_row(usage).unit, usage
    components, rendered = _components(request, unit, user, only)
    return render(request, "demo_site/chromeless.html", {"unit": unit, "components": components, "rendered": rendered})


@login_required
def jump_to(request: HttpRequest, course: CourseKey, usage: UsageKey) -> HttpResponse:
    """From a block's key to the page that shows it."""
    row = find_row(usage)
    if row.key.course_key != course:
        raise Http404
    current.go_to(request, course)
    return redirect(f"/course/{row.unit.key.block_id}/#{row.key.block_id}")


@require_POST
@login_required
def choose_view(request: HttpRequest) -> HttpResponse:
    """Staff choose as whom they look at the course: `staff`, `learner`, or a learner's name."""
    key = current.course_key(request)
    if not people.teaches(request.user, key):
        raise Http404
    chosen = request.POST.get("as", "staff")
    if chosen in ("staff", "learner"):
        people.view_as(request, key, role=chosen)
    else:
        people.view_as(request, key, username=chosen)
    wanted = request.POST.get("next", "")
    return redirect(wanted if url_has_allowed_host_and_scheme(wanted, {request.get_host()}) else "/course/")


def _components(
    request: HttpRequest, unit: Unit, user: Any, only: UsageKey | None = None
) -> tuple[list[Component], Rendered]:
    found, fragments = [], []
    for row in unit.blocks.exclude(published=None):
        if only is not None and row.key != only:
            continue
        try:
            block = load_for_learner(request, unit.course.key, row.key)
        except Http404:
            if only is not None:
                raise
            continue
        fragments.append(block.render("student_view", {}))
        found.append((row.key, getattr(block, "display_name", None) or row.block_type))
    if only is not None and not found:
        raise Http404
    done = _completions(user, [key for key, _name in found])
    rendered = gather(fragments)
    return [
        Component(key, name, done.get(key), body) for (key, name), body in zip(found, rendered.bodies, strict=True)
    ], rendered


def _completions(user: Any, keys: list[UsageKey]) -> dict[UsageKey, float]:
    rows = BlockCompletion.objects.filter(user_id=user.pk, block_key__in=keys)
    return dict(rows.values_list("block_key", "completion"))


def _outline(course: Course, user: Any) -> list[UnitLine]:
    units = list(course.units.prefetch_related("blocks"))
    published = {unit.pk: [row.key for row in unit.blocks.all() if row.published is not None] for unit in units}
    done = _completions(user, [key for keys in published.values() for key in keys])
    return [
        UnitLine(
            unit=unit,
            slug=unit.key.block_id,
            complete=all(done.get(key) == 1.0 for key in published[unit.pk]) if published[unit.pk] else None,
        )
        for unit in units
    ]
