"""
Catalogs of the product's sentences: collected, brought up to date, compiled, and checked.

    tools/translations.py             collect into the English source catalog, bring every language up to date, compile
    tools/translations.py --check     say what is missing or wrong; changes nothing (part of `make lint`)

The source catalog is `zoom_xblock/locale/en/LC_MESSAGES/django.po` (OEP-58: sources live in the package, the
community's translations are pulled at build time); compiled catalogs of the languages that we ship lie beside it.
Python, templates and the texts that scripts are given all come from Django's gettext, so there is one domain.
"""

from __future__ import annotations

import io
import re
import sys
from pathlib import Path

import django
import polib
from babel.messages.extract import extract
from django.conf import settings

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "zoom_xblock"
LOCALE = PACKAGE / "locale"
LANGUAGES = ("ar", "de", "es", "fr", "ja", "pt_BR")
PLURALS = {
    "ar": "nplurals=6; plural=n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 : n%100>=11 && n%100<=99 ? 4"
    " : 5;",
    "de": "nplurals=2; plural=(n != 1);",
    "en": "nplurals=2; plural=(n != 1);",
    "es": "nplurals=2; plural=(n != 1);",
    "fr": "nplurals=2; plural=(n > 1);",
    "ja": "nplurals=1; plural=0;",
    "pt_BR": "nplurals=2; plural=(n > 1);",
}
KEYWORDS = {
    "_": None,
    "N_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "npgettext": ((1, "c"), 2, 3),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
}
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\w+\}")

Key = tuple[str, str, str]


def collected() -> dict[Key, polib.POEntry]:
    """Every sentence of the package, by context, singular and plural."""
    from django.utils.translation.template import templatize

    found: dict[Key, polib.POEntry] = {}
    files = sorted([*PACKAGE.rglob("*.py"), *(PACKAGE / "templates").rglob("*.html")])
    for path in files:
        source = path.read_text("utf-8")
        if path.suffix == ".html":
            lines = templatize(source, origin=str(path.relative_to(ROOT))).splitlines()
            source = "\n".join(line.strip() for line in lines)  # no Python: its indentation means nothing
        rows = extract("python", io.BytesIO(source.encode()), KEYWORDS, ["Translators:"], {"encoding": "utf-8"})
        for _line, message, comments, context in rows:
            singular, plural = message if isinstance(message, tuple) else (message, "")
            if not singular:
                continue
            key = (context or "", singular, plural)
            entry = found.setdefault(
                key,
                polib.POEntry(
                    msgctxt=context,
                    msgid=singular,
                    msgid_plural=plural,
                    msgstr="",
                    msgstr_plural={0: "", 1: ""} if plural else {},
                    flags=["python-format"] if "%(" in singular + plural else [],
                ),
            )
            # Files without lines: a moved sentence is no change for a translator.
            where = (str(path.relative_to(ROOT)), "")
            if where not in entry.occurrences:
                entry.occurrences.append(where)
            for comment in comments:
                if comment not in entry.comment:
                    entry.comment = f"{entry.comment}\n{comment}".strip()
    return found


def catalog(language: str) -> polib.POFile:
    """The catalog as it is stored, or a new one."""
    path = LOCALE / language / "LC_MESSAGES" / "django.po"
    if path.exists():
        return polib.pofile(str(path), wrapwidth=100)
    made = polib.POFile(wrapwidth=100)
    made.fpath = str(path)
    return made


def key_of(entry: polib.POEntry) -> Key:
    """By what a sentence is looked up."""
    return entry.msgctxt or "", entry.msgid, entry.msgid_plural


def update(language: str, sources: dict[Key, polib.POEntry]) -> polib.POFile:
    """The stored translations of today's sentences, in the order of the sources; what is gone is gone."""
    stored = {key_of(entry): entry for entry in catalog(language)}
    fresh = polib.POFile(wrapwidth=100)
    fresh.metadata = {
        "Project-Id-Version": "zoom-xblock",
        "Language": language,
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
        "Plural-Forms": PLURALS[language],
    }
    count = int(re.search(r"nplurals=(\d)", PLURALS[language]).group(1))
    for key, source in sources.items():
        old = stored.get(key)
        fresh.append(
            polib.POEntry(
                msgctxt=source.msgctxt,
                msgid=source.msgid,
                msgid_plural=source.msgid_plural,
                msgstr=old.msgstr if old else "",
                msgstr_plural={n: (old.msgstr_plural.get(n, "") if old else "") for n in range(count)}
                if source.msgid_plural
                else {},
                occurrences=source.occurrences,
                comment=source.comment,
                flags=source.flags,
            )
        )
    return fresh


def write(language: str, sources: dict[Key, polib.POEntry]) -> None:
    """Store and compile."""
    folder = LOCALE / language / "LC_MESSAGES"
    folder.mkdir(parents=True, exist_ok=True)
    fresh = update(language, sources)
    fresh.save(str(folder / "django.po"))
    if language != "en":
        (folder / "django.mo").write_bytes(compiled(fresh))


def compiled(messages: polib.POFile) -> bytes:
    """The compiled catalog."""
    return messages.to_binary()


def problems(sources: dict[Key, polib.POEntry]) -> list[str]:
    """What stands between the catalogs and a complete product."""
    wrong = []
    source = {key_of(entry) for entry in catalog("en")}
    wrong += [f"en: not collected yet: {key[1][:70]!r}" for key in sources if key not in source]
    wrong += [f"en: no longer in the product: {key[1][:70]!r}" for key in source if key not in sources]
    for language in LANGUAGES:
        messages = catalog(language)
        stored = {key_of(entry): entry for entry in messages}
        wrong += [f"{language}: missing: {key[1][:70]!r}" for key in sources if key not in stored]
        for entry in messages:
            if key_of(entry) in sources:
                wrong += [f"{language}: {entry.msgid[:70]!r}: {reason}" for reason in doubts(entry)]
        path = LOCALE / language / "LC_MESSAGES" / "django.mo"
        if not path.exists() or path.read_bytes() != compiled(messages):
            wrong.append(f"{language}: the compiled catalog is not that of its source")
    return wrong


def doubts(entry: polib.POEntry) -> list[str]:
    """What is wrong with one translation."""
    texts = list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]
    if entry.fuzzy or not all(texts):
        return ["not translated"]
    wanted = set(PLACEHOLDER.findall(entry.msgid)) | set(PLACEHOLDER.findall(entry.msgid_plural))
    found = []
    for text in texts:
        given = set(PLACEHOLDER.findall(text))
        # A plural form may say "one" in words, and then without its number.
        if given - wanted or (wanted - given and not entry.msgid_plural):
            found.append(f"placeholders {sorted(given ^ wanted)}")
        if text.startswith("\n") != entry.msgid.startswith("\n") or text.endswith("\n") != entry.msgid.endswith("\n"):
            found.append("line breaks at its ends differ")
    return found


def main() -> int:
    """Do what the arguments ask for; the exit status says whether anything is wrong."""
    settings.configure(USE_I18N=True)
    django.setup()
    sources = collected()
    if "--check" not in sys.argv:
        for language in ("en", *LANGUAGES):
            write(language, sources)
    wrong = problems(sources)
    for line in wrong[:40]:
        print(line)
    if len(wrong) > 40:
        print(f"... and {len(wrong) - 40} more")
    print(f"translations: {len(sources)} sentences, {len(LANGUAGES)} languages, {len(wrong)} problems")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
