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
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        known = dict(attrs)
        assert not [name for name in known if name.startswith("on")]
        self.names.append(tag)
        self.ids += [str(known["id"])] if "id" in known else []
        links = ("src", "href", "xlink:href", "action")
        self.addresses += [str(known[name]) for name in links if name in known]
        self.images += [{"tag": tag, **known}] if tag in ("img", "svg") else []
        self.scripts += [known.get("type")] if tag == "script" else []
        if "download" in known:
            self.downloads[str(known["download"])] = str(known["href"])

    def handle_data(self, data: str) -> None:
        """Note text."""
        if self.names and self.names[-1] not in ("script", "style"):
            self.words.append(data)

    @property
    def pictures(self) -> list[dict[str, str | None]]:
        """Images that are no drawings."""
        pictures = [one for one in self.images if one["tag"] == "img"]
        return [one for one in pictures if not str(one.get("src")).startswith("data:image/svg+xml")]

    @property
    def text(self) -> str:
        """All text with single spaces."""
        return " ".join(" ".join(self.words).split())

    def table(self, name: str) -> pd.DataFrame:
        """What a link saves."""
        content = base64.b64decode(self.downloads[name].partition("base64,")[2])
        return pd.read_csv(io.BytesIO(gzip.decompress(content) if name.endswith(".gz") else content))
