"""
A language that does not exist: each of its letters has a mark, so a plain letter on a page is data, or escaped.

`nowhere` is the fixture in which every page speaks it; `speaks` and `escaped` look for what does not.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import polib
import pytest
from django.contrib.auth import get_user_model
from django.utils import translation
from django.utils.dates import MONTHS, MONTHS_3, WEEKDAYS
from django.utils.translation import trans_real

ROOT = Path(__file__).parents[1]
LOCALE = ROOT / "zoom_xblock" / "locale"

MARKS = str.maketrans(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "áƀćđéƒǵĥíĵķĺḿńóṕɋŕśťúṽẃẋýźÁɃĆĐÉƑǴĤÍĴĶĹḾŃÓṔɊŔŚŤÚṼẂẊÝŹ",
)
KEPT = re.compile(r"(%\(\w+\)[-\d.]*[sdf]|%%|\{\w*\}|<[^>]*>|&\w+;)")
LANGUAGE = "eo"


def pseudo(text: str) -> str:
    """A sentence of that language; placeholders and markup stay."""
    parts = KEPT.split(text)
    for index in range(0, len(parts), 2):
        parts[index] = parts[index].translate(MARKS)
    return f"⟦{''.join(parts)}⟧"


@pytest.fixture
def nowhere(tmp_path, settings):
    """The language is spoken: on every page, in every answer."""
    source = polib.pofile(str(LOCALE / "en" / "LC_MESSAGES" / "django.po"))
    source.metadata |= {"Language": LANGUAGE}
    for entry in source:
        if entry.msgid_plural:
            entry.msgstr_plural = {0: pseudo(entry.msgid), 1: pseudo(entry.msgid_plural)}
        else:
            entry.msgstr = pseudo(entry.msgid)
    folder = tmp_path / LANGUAGE / "LC_MESSAGES"
    folder.mkdir(parents=True)
    source.save_as_mofile(str(folder / "django.mo"))
    settings.LOCALE_PATHS = [str(tmp_path)]
    kept = dict(trans_real._translations)
    trans_real._translations.pop(LANGUAGE, None)
    with translation.override(LANGUAGE):
        assert translation.gettext("Everybody who was there is known.").startswith("⟦")
        yield
    trans_real._translations.clear()
    trans_real._translations.update(kept)


#: What is the same in every language, and why.
DATA = [
    # Typed by authors and learners, or written by Zoom.
    "Cell biology", "Algebra live", "Algebra II", "Meeting online", "meeting.ended",
    "Google Calendar", "Outlook.com", "Microsoft 365", "Yahoo",
    # Names: of products, of forms of files, of things on Zoom's own English pages.
    "Zoom", "Open edX", "CSV", "JSON", "UTC",
]  # fmt: skip
#: Addresses, keys, rights at Zoom, names of settings and of zones: nobody reads them as words. And "4-a de junio".
CODES = re.compile(
    r"\b\d+-a de\b|\bje (?=\d+:\d)|"
    r"https?://\S+|[\w.+-]+@[\w.-]+|\b[A-Z]+(?:_[A-Z]+)+\b|\b[a-z_]+(?::[a-z_]+)+\b|\b[A-Z]\w+(?:/[A-Z]\w+)+\b"
)
SEEN = ("aria-label", "title", "placeholder", "alt", "label", "summary")


class Words(HTMLParser):
    """What a page says: its texts, and the attributes that are read out or shown; `data-text-…` is said by scripts."""

    #: What is run, and what is marked as data: names that people typed, and what is to be copied.
    SILENT = ("script", "style", "bdi", "code")

    def __init__(self, html: str, below: str = "") -> None:
        super().__init__()
        self.said: list[str] = []
        self._silent = 0
        self._below = below
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        known = {name: value or "" for name, value in attrs}
        if self._below and known.get("id") == self._below:
            self._below, self.said = "", []
        self._silent += tag in self.SILENT
        self.said += [known[name] for name in SEEN if name in known]
        self.said += [value for name, value in known.items() if name.startswith("data-text")]
        if tag == "input" and known.get("type") in ("submit", "button"):
            self.said.append(known.get("value", ""))

    def handle_endtag(self, tag):
        self._silent -= tag in self.SILENT

    def handle_data(self, data):
        if not self._silent:
            self.said.append(data)


#: What holds a sentence or a word for the reader in answers, beside what has a space between letters.
SENTENCES = (
    "text", "message", "said", "headline", "phase_name", "summary", "label", "note", "completion", "requirement",
    "grade",
)  # fmt: skip


def words_of_json(value, key="") -> list[str]:
    """The sentences of an answer: everything below `text`, and whatever else has a space between letters."""
    if isinstance(value, dict):
        inside = "text" if key == "text" else ""
        # `values`: what the form's controls hold.
        return [one for name, part in value.items() if name != "values" for one in words_of_json(part, inside or name)]
    if isinstance(value, list):
        return [one for part in value for one in words_of_json(part, key)]
    if isinstance(value, str) and (key in SENTENCES or re.search(r"[A-Za-z] [A-Za-z]", value)):
        return [value]
    return []


def escaped(texts, *data: str) -> str:
    """What is in plain letters and no data, a line each."""
    known = [*DATA, *data]
    for days in (MONTHS, MONTHS_3, WEEKDAYS):
        known += [str(name) for name in days.values()]
    known.sort(key=len, reverse=True)
    found = []
    for text in texts:
        left = CODES.sub(" ", text)
        for one in known:
            left = re.sub(rf"(?<!\w){re.escape(one)}(?!\w)", " ", left, flags=re.IGNORECASE)
        left = KEPT.sub(" ", left)
        if re.search(r"[A-Za-z]{2}", left):
            found.append(" ".join(text.split()))
    return "\n".join(sorted(set(found)))


def names_of_everybody() -> list[str]:
    """Names and user names of all accounts."""
    users = get_user_model().objects.all()
    return [name for user in users for name in (user.get_full_name(), user.username) if name]


def speaks(html: str, *data: str, below: str = "") -> None:
    """A page says something, and nothing of it in English."""
    said = Words(html, below).said
    assert sum("⟦" in text for text in said) > 1
    found = escaped(said, *data)
    assert not found, found
