"""From a block's fragment to a page: the wrapper that browser code finds, and the resources in their places."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from django.utils.html import format_html, format_html_join, json_script
from django.utils.safestring import SafeString, mark_safe
from web_fragments.fragment import Fragment


def wrap_block(runtime_class: str, block: Any, view: str, frag: Fragment, extra: dict[str, str]) -> Fragment:
    """
    Put a block's view into the element that `static/demo_site/runtime.js` starts.

    Attributes and class names are the platform's, because blocks and their styles rely on them.
    """
    block_type = block.scope_ids.block_type
    data = dict(extra)
    if frag.js_init_fn:
        data |= {"init": frag.js_init_fn, "runtime-class": runtime_class, "runtime-version": frag.js_init_version}
    usage = block.scope_ids.usage_id
    data |= {
        "block-type": block_type,
        "usage-id": str(usage.for_branch(None) if hasattr(usage, "for_branch") else usage),
    }
    data |= {"graded": getattr(block, "graded", False), "has-score": getattr(block, "has_score", False)}
    arguments: SafeString | str = ""
    if frag.json_init_args is not None:
        # Plain JSON only, as on the platform: no lazy strings.
        script = json_script(frag.json_init_args, encoder=json.JSONEncoder)
        arguments = mark_safe(
            script.replace('type="application/json"', 'type="json/xblock-args" class="xblock-json-init-args"')
        )
    wrapped = Fragment(
        format_html(
            '<div class="xblock xblock-{} xblock-{}-{}"{}>{}{}</div>',
            view,
            view,
            block_type,
            format_html_join("", ' data-{}="{}"', data.items()),
            arguments,
            mark_safe(frag.body_html()),
        )
    )
    wrapped.add_fragment_resources(frag)
    return wrapped


@dataclass(frozen=True)
class Rendered:
    """Blocks ready for a template: one body each, and the resources of all."""

    bodies: list[SafeString]
    head: SafeString
    foot: SafeString


def gather(fragments: list[Fragment]) -> Rendered:
    """Collect fragments for one page; a resource that several need appears once."""
    all_of_them = Fragment()
    for fragment in fragments:
        all_of_them.add_fragment_resources(fragment)
    return Rendered(
        bodies=[mark_safe(fragment.body_html()) for fragment in fragments],
        head=mark_safe(all_of_them.head_html()),
        foot=mark_safe(all_of_them.foot_html()),
    )
