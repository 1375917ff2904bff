"""Environment variables as settings: levels, types, and names that are none."""

from flows.environment import settings_in, variable_of
from schemas.errors import Mistake


def test_levels_and_types() -> None:
    environ = {
        "PATH": "/bin",
        "SEAWALL_SHARED": "/recordings",
        "SEAWALL_CONFIG": "a.toml",
        "SEAWALL_STORE__URL": "http://u:p=1@h/",
        "SEAWALL_FLOW__EPOCH_S": "2.5",
        "SEAWALL_FLOW__WORKERS": "two",
        "seawall_flow__chunk_frames": "1",
        "SEAWALL_STATE__DIR": "",
        "SEAWALL_REGIME__MEMBERS": '["okx:A,B"]',
        "SEAWALL_REGIME__PRIOR_VOL": "{ BTC = 0.5 }",
        "SEAWALL_REGIME__PRIOR_VOL__eth": "x",
        "SEAWALL_SOURCE": "a.gz",
        "SEAWALL_RULE": "[{",
    }
    mistakes: list[Mistake] = []
    assert dict(settings_in(environ, mistakes)) == {
        ("store", "url"): "http://u:p=1@h/",
        ("flow", "epoch_s"): 2.5,
        ("flow", "workers"): "two",
        ("state", "dir"): None,
        ("regime", "members"): ["okx:A,B"],
        ("regime", "prior_vol"): {"BTC": 0.5},
        ("regime", "prior_vol", "eth"): "x",
        ("source",): "a.gz",
        ("rule",): "[{",
    }
    assert mistakes == []


def test_names_that_are_no_setting() -> None:
    environ = {
        "SEAWALL_STORE": "x",
        "SEAWALL_STOER__URL": "x",
        "SEAWALL_STORE__URL__HOST": "x",
        "SEAWALL_STORE__": "x",
    }
    mistakes: list[Mistake] = []
    assert list(settings_in(environ, mistakes)) == []
    assert mistakes == [
        Mistake("SEAWALL_STOER__URL", 'unknown setting "stoer", did you mean "store"?'),
        Mistake(
            "SEAWALL_STORE",
            "names a section, not a setting: valid are SEAWALL_STORE__URL",
        ),
        Mistake("SEAWALL_STORE__", 'unknown setting "", valid are url'),
        Mistake("SEAWALL_STORE__URL__HOST", 'store.url has no part "host"'),
    ]


def test_the_name_of_a_setting() -> None:
    assert variable_of(("regime", "step_s")) == "SEAWALL_REGIME__STEP_S"
