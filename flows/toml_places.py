"""In which line of a TOML text each key stands, so that a mistake can be shown where it was made.

`tomllib` parses the text but forgets the lines. This reads the same text a second time, only for
positions; it expects text that `tomllib` has accepted.
"""

from collections.abc import Callable
from typing import Final

Path = tuple[str | int, ...]

_BLANK: Final = " \t\r"
_BREAK: Final = " \t\r\n,]}#="
_QUOTES: Final = ('"""', "'''", '"', "'")
_ESCAPES: Final = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", '"': '"', "\\": "\\"}


def places(text: str) -> dict[Path, int]:
    r"""Line (from 1) of each key, table and array element, by its path.

    >>> places('[grid]\ninterval = "1s"\n[[rule]]\nname = "a"')[("rule", 0, "name")]
    4
    """
    reader = _Reader(text)
    reader.document()
    return reader.lines


class _Reader:
    """A position in the text that moves on, and the lines noted so far."""

    def __init__(self, text: str) -> None:
        self.text, self.at, self.line = text, 0, 1
        self.lines: dict[Path, int] = {}
        self.tables: dict[Path, int] = {}  # how many tables an array of tables has so far

    def document(self) -> None:
        base: Path = ()
        while self._skip():
            if self.text.startswith("[", self.at):
                base = self._header()
            else:
                self._pair(base)

    def _header(self) -> Path:
        several = self.text.startswith("[[", self.at)
        self._move(2 if several else 1)
        line, keys = self.line, self._keys()
        self._move(2 if several else 1)
        path: Path = ()
        for depth, key in enumerate(keys):
            path = (*path, key)
            if several and depth == len(keys) - 1:
                self.tables[path] = self.tables.get(path, 0) + 1
            self.lines.setdefault(path, line)
            if path in self.tables:
                path = (*path, self.tables[path] - 1)
                self.lines.setdefault(path, line)
        self.lines[path] = line
        return path

    def _pair(self, base: Path) -> None:
        line, keys = self.line, self._keys()
        self._move(1)  # =
        path = base
        for key in keys:
            path = (*path, key)
            self.lines.setdefault(path, line)
        self._blank()
        self._value(path)

    def _keys(self) -> list[str]:
        keys = []
        while True:
            self._blank()
            keys.append(self._key())
            self._blank()
            if not self.text.startswith(".", self.at):
                return keys
            self._move(1)

    def _key(self) -> str:
        quote = self.text[self.at]
        start = self.at
        if quote in "\"'":
            self._string()
            inside = self.text[start + 1 : self.at - 1]
            return _unescaped(inside) if quote == '"' else inside
        while self.at < len(self.text) and self.text[self.at] not in _BREAK + ".":
            self._move(1)
        return self.text[start : self.at]

    def _value(self, path: Path) -> None:
        first = self.text[self.at : self.at + 1]
        if first == "[":
            self._array(path)
        elif first == "{":
            self._list_of(lambda _: self._pair(path), "}")
        elif first and first in "\"'":
            self._string()
        else:  # a number, a truth value or a time, which may hold one blank
            while self.at < len(self.text) and self.text[self.at] not in "\n,]}#":
                self._move(1)

    def _array(self, path: Path) -> None:
        def element(index: int) -> None:
            self.lines[(*path, index)] = self.line
            self._value((*path, index))

        self._list_of(element, "]")

    def _list_of(self, item: Callable[[int], None], closing: str) -> None:
        self._move(1)
        index = 0
        while self._skip() and not self.text.startswith(closing, self.at):
            item(index)
            index += 1
            self._skip()
            if self.text.startswith(",", self.at):
                self._move(1)
        self._move(1)

    def _string(self) -> None:
        quote = next(q for q in _QUOTES if self.text.startswith(q, self.at))
        self._move(len(quote))
        while self.at < len(self.text) and not self.text.startswith(quote, self.at):
            escaped = self.text[self.at] == "\\" and quote[0] == '"'
            self._move(2 if escaped else 1)
        self._move(len(quote))
        while len(quote) == 3 and self.text.startswith(quote[0], self.at):
            self._move(1)  # up to two more quotes belong to the text

    def _skip(self) -> bool:
        """Past blanks, line ends and comments; whether anything is left."""
        while self.at < len(self.text) and self.text[self.at] in _BLANK + "\n#":
            if self.text[self.at] == "#":
                end = self.text.find("\n", self.at)
                self._move((len(self.text) if end < 0 else end) - self.at)
            else:
                self._move(1)
        return self.at < len(self.text)

    def _blank(self) -> None:
        while self.at < len(self.text) and self.text[self.at] in _BLANK:
            self._move(1)

    def _move(self, by: int) -> None:
        self.line += self.text.count("\n", self.at, self.at + by)
        self.at += by


def _unescaped(key: str) -> str:
    text, at = "", 0
    while at < len(key):
        if key[at] != "\\":
            text, at = text + key[at], at + 1
        elif key[at + 1] in "uU":
            digits = 4 if key[at + 1] == "u" else 8
            text, at = text + chr(int(key[at + 2 : at + 2 + digits], 16)), at + 2 + digits
        else:
            text, at = text + _ESCAPES.get(key[at + 1], key[at + 1]), at + 2
    return text
