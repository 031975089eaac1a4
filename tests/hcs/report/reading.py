"""A page as a test reads it: elements, addresses, downloads and text."""

import base64
import gzip
import io
from html.parser import HTMLParser

import pandas as pd


class Page(HTMLParser):
    """Elements, ids, addresses, pictures, downloads and text of a page; text of scripts and styles apart."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.names: list[str] = []
        self.ids: list[str] = []
        self.addresses: list[str] = []
        self.images: list[dict[str, str | None]] = []
        self.downloads: dict[str, str] = {}
        self.scripts: list[str | None] = []
        self.words: list[str] = []
        self.shown: list[str] = []
        self._folds: list[bool] = []
        self._apart: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        known = dict(attrs)
        assert not [name for name in known if name.startswith("on")]
        self.names.append(tag)
        if tag == "details":
            self._folds.append("open" not in known)
        if tag in ("summary", "svg"):
            self._apart.append(tag)
        self.ids += [str(known["id"])] if "id" in known else []
        links = ("src", "href", "xlink:href", "action")
        self.addresses += [str(known[name]) for name in links if name in known]
        self.images += [{"tag": tag, **known}] if tag in ("img", "svg") else []
        self.scripts += [known.get("type")] if tag == "script" else []
        if "download" in known:
            self.downloads[str(known["download"])] = str(known["href"])

    def handle_endtag(self, tag: str) -> None:
        """Leave a fold, its summary, or a drawing."""
        if tag == "details":
            self._folds.pop()
        if tag in ("summary", "svg"):
            self._apart.pop()

    def handle_data(self, data: str) -> None:
        """Note text, and what of it is seen while every fold is as it comes."""
        if not self.names or self.names[-1] in ("script", "style", "title"):
            return
        self.words.append(data)
        outer = self._folds[:-1] if "summary" in self._apart else self._folds
        if "svg" not in self._apart and not any(outer):
            self.shown.append(data)

    @property
    def pictures(self) -> list[dict[str, str | None]]:
        """Images that are no drawings."""
        pictures = [one for one in self.images if one["tag"] == "img"]
        return [one for one in pictures if not str(one.get("src")).startswith("data:image/svg+xml")]

    @property
    def visible(self) -> list[str]:
        """Words that are read before anything is opened, those of drawings apart."""
        return " ".join(self.shown).split()

    @property
    def text(self) -> str:
        """All text with single spaces."""
        return " ".join(" ".join(self.words).split())

    def table(self, name: str) -> pd.DataFrame:
        """What a link saves."""
        content = base64.b64decode(self.downloads[name].partition("base64,")[2])
        return pd.read_csv(io.BytesIO(gzip.decompress(content) if name.endswith(".gz") else content))
