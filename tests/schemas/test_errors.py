"""Errors: the tree with its exit codes, and sentences one can act on."""

import pytest

from schemas import errors

TREE = {
    errors.SeawallError: (Exception, 1),
    errors.UsageError: (errors.SeawallError, 2),
    errors.SettingsError: (errors.UsageError, 2),
    errors.RunConflict: (errors.UsageError, 2),
    errors.RecordingError: (errors.SeawallError, 1),
    errors.StoreError: (errors.SeawallError, 1),
    errors.StoreInUse: (errors.StoreError, 1),
    errors.StoreRefused: (errors.StoreError, 1),
    errors.NotPublishable: (errors.SeawallError, 1),
    errors.BrokenInvariant: (errors.SeawallError, 1),
}


@pytest.mark.parametrize("kind", TREE, ids=lambda kind: kind.__name__)
def test_the_tree(kind: type[errors.SeawallError]) -> None:
    parent, code = TREE[kind]
    assert kind.__bases__ == (parent,)
    assert kind.exit_code == code


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (
            errors.SettingsError([errors.Mistake("a.toml:3", "x"), errors.Mistake("--grid", "y")]),
            "a.toml:3: x\n--grid: y",
        ),
        (
            errors.RunConflict("main", "was made with other settings"),
            "run 'main' in this store was made with other settings; "
            "choose another name with --run NAME",
        ),
        (errors.RecordingError("a.gz", 7, "damaged"), "a.gz: damaged after line 7"),
        (
            errors.StoreInUse("/s"),
            "store /s is in use by another process: stop it, or give another --store",
        ),
        (
            errors.StoreRefused("ticks", 2, "full"),
            "the store refused 2 rows for table ticks: full",
        ),
        (
            errors.NotPublishable("ticks", "mid_px", float("nan")),
            "ticks.mid_px: nan may not be published",
        ),
    ],
)
def test_sentences(error: errors.SeawallError, text: str) -> None:
    assert str(error) == text


def test_errors_carry_data() -> None:
    refused = errors.StoreRefused("ticks", 2, "full")
    assert (refused.table, refused.rows, refused.cause) == ("ticks", 2, "full")
    damaged = errors.RecordingError("a.gz", 7, "damaged")
    assert (damaged.path, damaged.line) == ("a.gz", 7)


def test_nearest_name_or_all_of_them() -> None:
    assert errors.nearest("tiks", ["ticks", "runs"]) == 'did you mean "ticks"?'
    assert errors.nearest("zzz", ["ticks", "runs"]) == "valid are runs, ticks"
