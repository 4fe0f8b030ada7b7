"""What an operator is told is held to the plugin and to the product."""

from __future__ import annotations

import re

from tests.tutor.conftest import RELEASES, ROOT

INSTALL = (ROOT / "docs" / "install.md").read_text(encoding="utf-8")
README = (ROOT / "tutor" / "README.md").read_text(encoding="utf-8")


def source(path: str) -> str:
    """A file of the repository."""
    return (ROOT / path).read_text(encoding="utf-8")


def test_every_setting_of_the_plugin_is_in_its_readme():
    settings = set(re.findall(r'"(ZOOM_XBLOCK_\w+)"', source("tutor/tutorzoomxblock/plugin.py")))
    assert len(settings) == 5
    assert settings == set(re.findall(r"^\| `(ZOOM_XBLOCK_\w+)`", README, re.MULTILINE))


def test_every_setting_named_to_operators_exists():
    code = source("zoom_xblock/conf.py") + source("tutor/tutorzoomxblock/plugin.py")
    known = set(re.findall(r"ZOOM_XBLOCK_\w+", code))
    assert set(re.findall(r"ZOOM_XBLOCK_\w+", INSTALL + README)) <= known


def test_every_check_is_explained():
    codes = set(re.findall(r'id="(zoom_xblock\.\w+)"', source("zoom_xblock/checks.py")))
    assert codes
    assert codes == set(re.findall(r"`(zoom_xblock\.[EW]\d{3})`", INSTALL))


def test_every_address_that_zoom_calls_is_named():
    for endpoint in re.search(r"\(\?P<endpoint>([\w|]+)\)", source("zoom_xblock/urls.py")).group(1).split("|"):
        assert f"/zoom/{endpoint}`" in INSTALL


def test_every_link_leads_somewhere():
    for folder, text in (("docs", INSTALL), ("tutor", README)):
        for target in re.findall(r"\]\(([^)#]+)\)", text):
            assert target.startswith("https://") or (ROOT / folder / target).exists(), target


def test_the_tested_tutors_are_those_that_the_plugin_admits():
    lowest, beyond = re.search(r"tutor>=(\d+)\.0\.0,<(\d+)\.0\.0", source("tutor/setup.py")).groups()
    assert [int(release) for release in RELEASES] == list(range(int(lowest), int(beyond)))


def test_the_licence_is_the_products():
    assert (ROOT / "tutor" / "LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()
