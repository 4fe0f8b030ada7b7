"""Metadata of the distribution `tutor-contrib-zoom-xblock`, the Tutor plugin `zoom-xblock`."""

from pathlib import Path

from setuptools import setup

setup(
    name="tutor-contrib-zoom-xblock",
    version="0.1.0",
    description="The Zoom course object on a platform run by Tutor: image, settings, initialisation, periodic sweep",
    long_description=(Path(__file__).parent / "README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="AGPL-3.0",
    license_files=["LICENSE"],
    python_requires=">=3.9",
    packages=["tutorzoomxblock"],
    package_data={"tutorzoomxblock": ["patches/*", "tasks/*"]},
    include_package_data=False,
    # 20 is Teak, 21 Ulmo, 22 Verawood. The next one may render other files: it is let in when it has been tested.
    install_requires=["tutor>=20.0.0,<23.0.0"],
    entry_points={"tutor.plugin.v1": ["zoom-xblock = tutorzoomxblock.plugin"]},
    classifiers=[
        "Development Status :: 4 - Beta",
        "Environment :: Console",
        "Intended Audience :: System Administrators",
        "Programming Language :: Python :: 3",
    ],
)
