"""Studio: the outline with each component's `author_view`, and the editor around `studio_view`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_POST
from opaque_keys.edx.keys import UsageKey
from xblock.exceptions import NoSuchUsage

from demo.site import courseware, people
from demo.site.models import Block, Course, Unit
from demo.site.rendering import gather
from demo.site.runtime import PreviewRuntime, StudioRuntime, block_class, find_row
from demo.site.views import current


@dataclass(frozen=True)
class UnitCard:
    """A unit of the outline with its components in Studio's preview."""

    unit: Unit
    slug: str
    components: list[tuple[Block, str, SafeString]]
    deleted: int

    @property
    def state(self) -> str:
        """`empty`, `published`, `draft` (nothing published yet) or `changed`."""
        states = {row.state for row, _name, _body in self.components} | ({"deleted"} if self.deleted else set())
        if not states:
            return "empty"
        if states <= {"draft"}:
            return "draft"
        return "published" if states == {"published"} else "changed"


def authors_only(view: Callable) -> Callable:
    """Log in first; then whoever may not change the course is refused."""

    @wraps(view)
    def guarded(request: HttpRequest, *args, **kwargs) -> HttpResponse:
        if not people.may_author(request.user, current.course_key(request)):
            raise PermissionDenied("only course staff may open Studio")
        return view(request, *args, **kwargs)

    return login_required(guarded)


@authors_only
@ensure_csrf_cookie
def outline(request: HttpRequest) -> HttpResponse:
    """The whole course on one page."""
    course = get_object_or_404(Course, key=current.course_key(request))
    runtime = PreviewRuntime(request, course.key)
    cards, fragments = [], []
    for unit in course.units.prefetch_related("blocks"):
        components = []
        for row in unit.blocks.all():
            if row.draft is None:
                continue
            block = runtime.bind(row)
            view = "author_view" if getattr(block, "has_author_view", False) else "student_view"
            fragments.append(block.render(view, {}))
            name = getattr(block, "display_name", None) or row.block_type
            components.append((row, name, mark_safe(fragments[-1].body_html())))
        deleted = sum(row.draft is None for row in unit.blocks.all())
        cards.append(UnitCard(unit, unit.key.block_id, components, deleted))
    runs = [run for run in Course.objects.order_by("pk") if people.may_author(request.user, run.key)]
    context = {"course": course, "runs": runs, "cards": cards, "rendered": gather(fragments)}
    return render(request, "demo_site/studio.html", context)


@authors_only
@ensure_csrf_cookie
def edit(request: HttpRequest, usage: UsageKey) -> HttpResponse:
    """The block's own editor, in a page shaped like Studio's dialog. Save and Cancel are the block's."""
    row = _row(request, usage)
    try:
        block = StudioRuntime(request, row.key.course_key).bind(row)
    except NoSuchUsage as error:
        raise Http404 from error
    rendered = gather([block.render("studio_view", {})])
    name = getattr(block, "display_name", None) or row.block_type
    context = {"row": row, "name": name, "rendered": rendered, "back": f"{reverse('studio')}#{row.key.block_id}"}
    return render(request, "demo_site/edit.html", context)


def _back_to(anchor: str) -> HttpResponse:
    return redirect(f"{reverse('studio')}#{anchor}")


def _unit(request: HttpRequest, usage: UsageKey) -> Unit:
    return get_object_or_404(Unit, key=usage, course__key=current.course_key(request))


def _row(request: HttpRequest, usage: UsageKey) -> Block:
    """A component of this browser's course, or of another that she may change, which is then the one."""
    row = find_row(usage)
    if not people.may_author(request.user, row.key.course_key):
        raise PermissionDenied("only course staff may change a course")
    current.go_to(request, row.key.course_key)
    return row


@require_POST
@authors_only
def add(request: HttpRequest, usage: UsageKey) -> HttpResponse:
    """A new component in a unit."""
    block_type = request.POST.get("type", "zoom")
    try:
        block_class(block_type)
    except Exception as error:  # a type that is not installed is an answer, whatever its import raises
        raise Http404(block_type) from error
    made = courseware.create_block(_unit(request, usage), block_type)
    messages.success(request, "Component added. Learners see it once you publish the unit.")
    return _back_to(made.key.block_id)


@require_POST
@authors_only
def duplicate(request: HttpRequest, usage: UsageKey) -> HttpResponse:
    """A copy behind the original."""
    row = _row(request, usage)
    made = courseware.duplicate_block(row, StudioRuntime(request, row.key.course_key).bind)
    messages.success(request, "Component duplicated.")
    return _back_to(made.key.block_id)


@require_POST
@authors_only
def delete(request: HttpRequest, usage: UsageKey) -> HttpResponse:
    """Take a component away."""
    row = _row(request, usage)
    courseware.delete_block(row)
    kept = row.published is not None
    messages.success(request, "Component deleted." + (" Learners see it until you publish the unit." if kept else ""))
    return _back_to(row.unit.key.block_id)


@require_POST
@authors_only
def publish(request: HttpRequest, usage: UsageKey) -> HttpResponse:
    """Show learners the unit as it is now."""
    unit = _unit(request, usage)
    courseware.publish_unit(unit)
    messages.success(request, f"“{unit.title}” is published.")
    return _back_to(unit.key.block_id)


@require_POST
@authors_only
def discard(request: HttpRequest, usage: UsageKey) -> HttpResponse:
    """Back to what learners see."""
    unit = _unit(request, usage)
    courseware.discard_changes(unit)
    messages.success(request, f"Changes to “{unit.title}” are discarded.")
    return _back_to(unit.key.block_id)


@require_POST
@authors_only
def rerun(request: HttpRequest) -> HttpResponse:
    """A new run of the course; Studio goes on in it."""
    course = get_object_or_404(Course, key=current.course_key(request))
    run = 2
    while Course.objects.filter(key=course.key.replace(run=f"rerun{run}")).exists():
        run += 1
    made = courseware.rerun_course(course, f"rerun{run}")
    current.go_to(request, made.key)
    messages.success(request, f"“{made.title}” has a new run, and nobody is enrolled in it yet.")
    return redirect("studio")


@require_POST
@authors_only
def choose_course(request: HttpRequest) -> HttpResponse:
    """On to another run."""
    for run in Course.objects.all():
        if str(run.key) == request.POST.get("course") and people.may_author(request.user, run.key):
            current.go_to(request, run.key)
            return redirect("studio")
    raise Http404
