"""Settings: command line over environment over file over the defaults in `schemas/settings.py`.

Everything wrong is told at once, each mistake with its place: a line of the file, a variable of
the environment, or an option of the command line.
"""

import re
import tomllib
from collections.abc import Callable, Mapping
from hashlib import blake2b
from itertools import chain
from pathlib import Path as File
from typing import Any, Final

from msgspec import inspect, json
from msgspec.structs import replace

from flows.environment import settings_in, variable_of
from flows.settings_assumed import is_assumption, read_text, shaped_assumed
from flows.settings_sense import sense_mistakes
from flows.settings_shape import shaped
from flows.settings_sources import Found
from flows.toml_places import Path, places
from schemas.duration import duration_ns
from schemas.errors import Mistake, SettingsError
from schemas.settings import NUMBERS, Settings

# Which option of the command sets what.
OPTIONS: Final[Mapping[str, str]] = {
    "run": "--run",
    "store.url": "--store",
    "state.dir": "--state",
    "grid.interval": "--grid",
    "flow.chunk_frames": "--chunk-frames",
    "flow.workers": "--workers",
    "flow.epoch_s": "--epoch",
    "source": "command line",
}
_SYNTAX: Final = re.compile(r"(.*) \(at (?:line (\d+), column (\d+)|end of document)\)", re.DOTALL)


def load(
    path: File | None,
    environ: Mapping[str, str],
    overrides: Mapping[str, object],
    further: Callable[[Settings], Found] = lambda _: iter(()),
) -> Settings:
    """The settings of a run.

    `overrides` maps dotted names (`grid.interval`) to values of the command line; None stands for
    an option that was not given. Paths of files are relative to the current folder. `further`
    finds mistakes that take more than the settings to see, beside all others.
    Raises SettingsError with every mistake.
    """
    tree = _Tree(str(path) if path else "settings")
    if path is not None:
        tree.read(path)
    for key, value in settings_in(environ, tree.mistakes):
        tree.put(key, read_text(key, value), variable_of(key))
        if is_assumption(key):  # its venue may be wrong, and stands nowhere else
            tree.places.setdefault(key[:-1], variable_of(key))
    for name, value in overrides.items():
        if value is not None:
            tree.put(tuple(name.split(".")), value, OPTIONS.get(name, f"command line, {name}"))
    return tree.settings(further)


def grid_ns(settings: Settings) -> int:
    """The grid's step in nanoseconds."""
    return duration_ns(settings.grid.interval)


def numbers_hash(settings: Settings) -> str:
    """Hash (hex) of the settings that affect numbers: equal for equal meaning.

    The order of rules and instruments and the way to write the grid do not matter. An assumption
    that is set to its default is in it all the same: it goes over what a recording says. Without
    any the hash is the one of the time before there were assumptions.
    """
    part = {name: getattr(settings, name) for name in NUMBERS}
    for later in ("assumed", "chain"):  # sections that there were not always
        if not part[later]:
            del part[later]
    part["grid"] = grid_ns(settings)
    for name in ("instrument", "rule"):
        part[name] = sorted(part[name], key=lambda named: str(named.name))
    return blake2b(json.encode(part, order="sorted"), digest_size=16).hexdigest()


class _Tree:
    """Raw settings from several places, each part with the place it came from."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.raw: dict[str, Any] = {}
        self.places: dict[Path, str] = {}
        self.mistakes: list[Mistake] = []

    def read(self, path: File) -> None:
        """Take everything of a TOML file, or note why it cannot be read."""
        try:
            text = path.read_text(encoding="utf-8")
            self.raw = tomllib.loads(text)
        except OSError as error:
            self.mistakes.append(Mistake(self.origin, error.strerror or str(error)))
        except UnicodeDecodeError as error:
            self.mistakes.append(Mistake(self.origin, f"not UTF-8 text at byte {error.start}"))
        except tomllib.TOMLDecodeError as error:
            self.mistakes.append(self._syntax(str(error), text))
        else:
            self.places = {key: f"{self.origin}:{line}" for key, line in places(text).items()}

    def _syntax(self, error: str, text: str) -> Mistake:
        match = _SYNTAX.fullmatch(error)
        said = match[1] if match else error
        line = match[2] if match and match[2] else text.count("\n") + 1
        column = match[3] if match and match[3] else len(text.rpartition("\n")[2]) + 1
        return Mistake(f"{self.origin}:{line}:{column}", f"not TOML: {said[:1].lower()}{said[1:]}")

    def put(self, path: Path, value: Any, place: str) -> None:
        """Set one value over what is there; a wrong thing in its way stays, to be told."""
        table: Any = self.raw
        for key in path[:-1]:
            table = table.setdefault(key, {})
            if not isinstance(table, dict):
                return
        table[path[-1]] = value
        inside = [known for known in self.places if known[: len(path)] == path]
        for known in inside:
            del self.places[known]
        self.places[path] = place

    def settings(self, further: Callable[[Settings], Found]) -> Settings:
        """The whole tree, or SettingsError."""
        wrong: list[tuple[Path, str]] = []

        def report(path: Path, text: str) -> None:
            wrong.append((path, text))

        # The sections of [assumed] have a type for each venue, that no type of the tree tells.
        plain = {key: value for key, value in self.raw.items() if key != "assumed"}
        settings: Settings = shaped(plain, inspect.type_info(Settings), (), report)
        assumed = shaped_assumed(self.raw.get("assumed", {}), report)
        settings = replace(settings, assumed=assumed)
        # What has a mistake in it took a default there: of the whole nothing can be said.
        mistaken = {path[:length] for path, _ in wrong for length in range(1, len(path) + 1)}
        sensed = chain(sense_mistakes(settings), further(settings))
        wrong += [found for found in sensed if found[0] not in mistaken]
        told = [Mistake(self._place(path), text) for path, text in wrong]
        if self.mistakes or told:
            raise SettingsError(sorted(self.mistakes + told, key=self._order))
        return settings

    def _place(self, path: Path) -> str:
        for length in range(len(path), 0, -1):
            if path[:length] in self.places:
                return self.places[path[:length]]
        return self.origin

    def _order(self, mistake: Mistake) -> tuple[bool, list[int]]:
        """Those of the file by line first, then the others as they were found."""
        if not mistake.place.startswith(self.origin):
            return True, []
        inside = mistake.place.removeprefix(self.origin)
        return False, [int(number) for number in re.findall(r"\d+", inside)]
