"""The house rules: small files, a test per module, imports downwards, no venue in general code."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("flows", "sources", "sinks", "models", "schemas")
MODULES = sorted(
    path.relative_to(ROOT) for package in PACKAGES for path in (ROOT / package).rglob("*.py")
)
TEXTS = sorted(
    path.relative_to(ROOT)
    for pattern in ("*.md", "*.txt", "*.toml", "Makefile", ".ci/*", "infra/**/*", "tests/**/*.py")
    for path in ROOT.glob(pattern)
    if path.is_file() and path.suffix != ".png"
)
VENUE = re.compile(
    r"(?<![a-z])(binance|bybit|okx|deribit|hyperliquid|coinbase|pyth|chainlink)(?![a-z])", re.I
)
# Files that may name a venue: the list of names with its examples, and what is made for one.
MAY_NAME_VENUES = (
    "schemas/instrument.py",
    "schemas/errors.py",
    "sources/registry.py",
    "sources/simulator/",
    "flows/command/bench.py",
    "flows/chain",
    "schemas/chain",
    "sources/evm/",
)
ONE_WORLD = ("sources/simulator/chain",)  # who acts there shows in what comes of it
UNFINISHED = re.compile("|".join(("TODO", "FIXME", "XXX", "NotImplementedError")))
BROAD = re.compile(r"except\s*:|except \(?(Base)?Exception\b")


def ids(path: Path) -> str:
    return path.as_posix()


def text(path: Path) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def test_there_are_modules() -> None:
    assert {path.parts[0] for path in MODULES} == set(PACKAGES)


@pytest.mark.parametrize("path", MODULES, ids=ids)
def test_files_are_small(path: Path) -> None:
    assert len(text(path).splitlines()) <= 300


@pytest.mark.parametrize("path", MODULES, ids=ids)
def test_nothing_is_left_unfinished_and_no_except_is_broad(path: Path) -> None:
    assert not UNFINISHED.findall(text(path))
    assert not BROAD.findall(text(path))


@pytest.mark.parametrize(
    "path", [p for p in MODULES if p.stem not in ("__init__", "__main__")], ids=ids
)
def test_every_module_has_its_test(path: Path) -> None:
    """Of its own name, or one beside it that imports it, or of the world that it is a part of."""
    if path.parent.as_posix() in ONE_WORLD:
        return
    beside = ROOT / "tests" / path.parent
    dotted = ".".join(path.with_suffix("").parts)
    package, _, name = dotted.rpartition(".")
    forms = rf"from {re.escape(dotted)} |from {re.escape(package)} import (?:\([^)]*|.*)\b{name}\b"
    imports = re.compile(rf"^(?:{forms})", re.M)
    assert (beside / f"test_{path.name}").is_file() or any(
        imports.search(test.read_text(encoding="utf-8")) for test in beside.glob("test_*.py")
    )


@pytest.mark.parametrize("path", MODULES, ids=ids)
def test_general_code_knows_no_venue(path: Path) -> None:
    own = path.parts[0] == "sources" and VENUE.match(path.stem.partition("_")[0])
    if not own and not path.as_posix().startswith(MAY_NAME_VENUES):
        assert not VENUE.findall(text(path))


def test_packages_are_packages_and_the_root_is_none() -> None:
    folders = {ROOT / path.parent for path in MODULES}
    assert all((folder / "__init__.py").is_file() for folder in folders)
    assert not (ROOT / "__init__.py").exists()


def test_imports_go_downwards() -> None:
    command = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [command, "--no-cache", "--no-logo"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_pins_are_exact_and_hold_no_address() -> None:
    pins = [line for line in text(Path("constraints.txt")).splitlines() if line[:1] != "#"]
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[0-9][A-Za-z0-9.]*", pin) for pin in pins)
    assert len({pin.partition("==")[0].lower() for pin in pins}) == len(pins)


def test_every_requirement_is_pinned() -> None:
    project = tomllib.loads(text(Path("pyproject.toml")))
    wanted = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    pinned = dict(
        line.lower().split("==")
        for line in text(Path("constraints.txt")).splitlines()
        if "==" in line
    )
    for requirement in wanted:
        name, _, version = requirement.lower().partition("==")
        name = name.partition("[")[0]  # what of it is chosen has pins of its own
        assert name in pinned
        assert version in ("", pinned[name])


@pytest.mark.parametrize("path", [*MODULES, *TEXTS], ids=ids)
def test_no_path_of_one_machine(path: Path) -> None:
    assert not re.findall(r"(?<![A-Za-z0-9_.])/(?:work|root|home)/", text(path))
