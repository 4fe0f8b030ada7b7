"""What the platform puts around the connection page: found on a real LMS."""

from __future__ import annotations

import copy

import pytest
from django.conf import settings as site_settings

PAGE = "/admin/config/services/zoom"
#: As lms/templates/admin/base_site.html and openedx/features/survey_report/templates/survey_report/admin_banner.html.
BASE_SITE = (
    '{% extends "admin/base.html" %}{% block messages %}{{ block.super }}{% if show_survey_report_banner %}'
    '<div id="thankYouMessage" style="display: none">Thank you for your collaboration</div>{% endif %}{% endblock %}'
)


def survey_report(_request):
    """As `admin_extra_context` (openedx/features/survey_report/context_processors.py), no report having been sent."""
    return {"show_survey_report_banner": True}


@pytest.mark.parametrize("path", ["", "/hosts", "/deliveries"])
def test_the_platforms_banner_is_not_on_our_pages(connected, client, site, settings, tmp_path, path):
    """It hides by inline styles, which our policy drops: its thanks for a report stood there before one was sent."""
    (tmp_path / "admin").mkdir()
    (tmp_path / "admin" / "base_site.html").write_text(BASE_SITE)
    templates = copy.deepcopy(site_settings.TEMPLATES)
    templates[0]["DIRS"] = [str(tmp_path), *templates[0].get("DIRS", [])]
    templates[0]["OPTIONS"]["context_processors"].append(f"{__name__}.survey_report")
    settings.TEMPLATES = templates
    client.force_login(site.admin)
    index = client.get("/admin/").content.decode()
    assert "Thank you for your collaboration" in index  # elsewhere in Django admin it is the platform's own affair
    page = client.get(PAGE + path)
    assert page.status_code == 200
    assert "Thank you for your collaboration" not in page.content.decode()
