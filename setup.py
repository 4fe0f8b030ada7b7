"""Metadata of the distribution `zoom-xblock`. Tool settings are in pyproject.toml."""

import re
from pathlib import Path

from setuptools import find_packages, setup

HERE = Path(__file__).parent
VERSION = re.search(
    r'^__version__ = "([^"]+)"', (HERE / "zoom_xblock" / "__init__.py").read_text(), re.MULTILINE
).group(1)


def assets(*folders: str) -> list[str]:
    """Every file below these folders of the package: what is not Python would not be in the wheel else."""
    package = HERE / "zoom_xblock"
    return [
        str(path.relative_to(package))
        for folder in folders
        for path in sorted((package / folder).rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    ]


setup(
    name="zoom-xblock",
    version=VERSION,
    description="The Zoom course object for Open edX: live sessions that complete by attendance",
    long_description=(HERE / "README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="AGPL-3.0",
    license_files=["LICENSE"],
    python_requires=">=3.11",
    packages=find_packages(include=["zoom_xblock", "zoom_xblock.*"]),
    package_data={"zoom_xblock": [*assets("assets", "static", "templates", "locale"), "py.typed"]},
    include_package_data=False,
    # Wide on purpose: the platform pins them, a plugin must live with what is there.
    install_requires=[
        "Django>=4.2",
        "XBlock[django]>=5.2",
        "celery>=5.3",
        "cryptography>=42",
        "django-fernet-fields-v2>=0.9",
        "edx-completion>=4.7",
        "edx-opaque-keys[django]>=2.11",
        "icalendar>=6",
        "requests>=2.31",
    ],
    entry_points={
        "xblock.v1": ["zoom = zoom_xblock:ZoomXBlock"],
        "lms.djangoapp": ["zoom_xblock = zoom_xblock.apps:ZoomConfig"],
        "cms.djangoapp": ["zoom_xblock = zoom_xblock.apps:ZoomConfig"],
    },
    classifiers=[
        "Development Status :: 4 - Beta",
        "Environment :: Web Environment",
        "Framework :: Django",
        "Framework :: Django :: 4.2",
        "Framework :: Django :: 5.2",
        "Intended Audience :: Education",
        "Programming Language :: Python :: 3",
        "Programming Language :: Python :: 3.11",
        "Programming Language :: Python :: 3.12",
    ],
)
