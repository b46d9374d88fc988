"""Defaults from files and the environment: who wins, where mistakes are told, and that flags always win."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from lab.cli.configuration.setting_sources import OF_VERBS, SHARED, option, variable
from lab.cli.exit_codes import Exit
from lab.cli.main import UNCONFIGURED, declared
from tests.cli.commands import ARTICLE, ROOT, Shell
from tests.sweep.customers import a_tenant, written

Origins = Callable[..., dict[tuple[str, str], tuple[object, str]]]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, two below where its `mflab.toml` would lie."""
    folder = tmp_path / "project" / "a" / "b"
    folder.mkdir(parents=True)
    monkeypatch.chdir(folder)
    return tmp_path / "project"


@pytest.fixture
def user(tmp_path: Path) -> Path:
    folder = tmp_path / "home" / "mflab"
    folder.mkdir(parents=True)
    return folder / "mflab.toml"


@pytest.fixture
def origins(mflab: Shell) -> Origins:
    def ask() -> dict[tuple[str, str], tuple[object, str]]:
        said = mflab("config", "show", "--json")
        assert said.code == Exit.OK, said.err
        return {(s["table"], s["key"]): (s["value"], s["origin"]) for s in said.json()["settings"]}

    return ask


def test_every_key_is_an_option_of_its_verb() -> None:
    known = declared()[1].known
    for name, keys in OF_VERBS.items():
        for key in keys:
            action = option(known[name], key)
            assert not action.required
    assert set(known) >= UNCONFIGURED
    assert all(any(key in keys for keys in OF_VERBS.values()) for key in SHARED)


def test_two_keys_never_have_one_variable() -> None:
    names = [variable(table, key) for table in OF_VERBS for key in OF_VERBS[table]]
    assert len({*names, *(variable("defaults", key) for key in SHARED)}) == len(names) + len(SHARED)


def test_each_level_goes_before_the_next(
    project: Path, user: Path, origins: Origins, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert origins()["run", "seed"] == (0, "built in")
    user.write_text("[defaults]\nseed = 1\n")
    assert origins()["run", "seed"] == (1, f"{user}:2")
    (project / "mflab.toml").write_text("[defaults]\nseed = 2\n")
    assert origins()["run", "seed"][0] == 2
    (project / "mflab.toml").write_text("[defaults]\nseed = 2\n\n[run]\nseed = 3\n")
    assert origins()["run", "seed"] == (3, f"{project}/mflab.toml:5")
    assert origins()["matrix", "seed"][0] == 2
    monkeypatch.setenv("MFLAB_SEED", "4")
    assert origins()["run", "seed"] == (4, "MFLAB_SEED")
    monkeypatch.setenv("MFLAB_RUN_SEED", "5")
    assert origins()["run", "seed"] == (5, "MFLAB_RUN_SEED")
    assert origins()["matrix", "seed"] == (4, "MFLAB_SEED")


def test_a_table_in_pyproject_will_do_and_mflab_toml_beside_it_goes_before(
    project: Path, origins: Origins
) -> None:
    (project / "a" / "pyproject.toml").write_text("[tool.other]\nseed = 9\n")
    (project / "pyproject.toml").write_text("[tool.mflab.run]\nseed = 1\n")
    assert origins()["run", "seed"] == (1, f"{project}/pyproject.toml:2")
    (project / "mflab.toml").write_text("run.seed = 2\n")
    assert origins()["run", "seed"] == (2, f"{project}/mflab.toml:1")


def test_a_flag_wins(mflab: Shell, project: Path) -> None:
    (project / "mflab.toml").write_text("[run]\ndriver = 'embedded'\njunit = 'r/report.xml'\n")
    (project / "r").mkdir()
    said = mflab("run", ARTICLE, "--driver", "simulator", "--variant", "shared-wildcard")
    assert said.code == Exit.OK, said.err
    assert "simulator" in said.out
    assert (project / "r" / "report.xml").exists(), "a path in a file starts from that file"


def test_what_is_set_is_told_by_help(mflab: Shell, project: Path) -> None:
    (project / "mflab.toml").write_text("[sweep]\ncrowd = 7\n")
    assert "(default: 7)" in " ".join(mflab("sweep", "--help").out.split())


def test_a_flag_that_excludes_what_is_set_takes_its_place(mflab: Shell, project: Path) -> None:
    """--workers and --scheduler exclude each other; a cluster in the file must not win over a flag."""
    (project / "mflab.toml").write_text("[sweep]\nscheduler = 'tcp://127.0.0.1:1'\n")
    written(project / "a" / "b", a_tenant("a"))
    assert mflab("sweep", ".", "--workers", "1").code == Exit.OK


def test_of_two_that_exclude_each_other_the_nearer_level_wins(
    project: Path, user: Path, origins: Origins
) -> None:
    user.write_text("[sweep]\nscheduler = 'tcp://127.0.0.1:1'\n")
    (project / "mflab.toml").write_text("[sweep]\nworkers = 1\n")
    found = origins()
    assert found["sweep", "workers"][0] == 1
    assert found["sweep", "scheduler"] == (None, "built in")


def test_the_state_folder_is_one_for_all(
    mflab: Shell, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "mflab.toml").write_text("[defaults]\nstate = 'labs/mine'\n")
    assert f"{project}/labs/mine" in mflab("down").err
    monkeypatch.setenv("MFLAB_STATE", "elsewhere")
    assert "elsewhere" in mflab("down").err


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[chek]\n", ":1:1: chek: there is no table [chek] (did you mean 'check'?)"),
        (
            "\n[check]\n\nfail_on = 'error'\n",
            ":4:1: check.fail_on: [check] has no key 'fail_on' (did you mean 'fail-on'?)",
        ),
        (
            "[check]\nfail-on = 'eror'\n",
            ":2:1: check.fail-on: error, warning, note or never (did you mean 'error'?)",
        ),
        ("[run]\nseed = 'x'\n", ":2:1: run.seed: where made-up ids come from"),
        ("[run]\nfail-fast = 1\n", ":2:1: run.fail-fast: true or false (not 1)"),
        ("[run]\nseed = true\n", ":2:1: run.seed: a single value"),
        ("[up]\nport = 70000\n", "'70000' is no port"),
        ("check = 3\n", ":1:1: check: [check] is a table of keys"),
        ("[defaults]\ncolor = 'red'\n", ":2:1: defaults.color: auto, always or never"),
        ("[run\n", ":1:5: (top level): this is no TOML"),
    ],
)
def test_a_mistake_is_told_with_file_and_line(mflab: Shell, project: Path, text: str, told: str) -> None:
    file = project / "mflab.toml"
    file.write_text(text)
    said = mflab("config", "show")
    assert said.code == Exit.BAD_INPUT
    assert str(file) in said.err
    assert told in said.err


def test_a_verb_refuses_to_run_with_a_configuration_that_is_wrong(mflab: Shell, project: Path) -> None:
    (project / "mflab.toml").write_text("[chek]\n[run]\nseed = 'x'\n")
    said = mflab("run", ARTICLE)
    assert said.code == Exit.BAD_INPUT
    assert len(said.err.splitlines()) == 2, "all mistakes at once"


def test_a_mistake_in_the_environment_names_the_variable(
    mflab: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MFLAB_RUN_FAIL_FAST", "perhaps")
    said = mflab("run", ARTICLE)
    assert (said.code, "MFLAB_RUN_FAIL_FAST" in said.err) == (Exit.BAD_INPUT, True)


def test_a_broken_pyproject_is_not_the_labs_business(mflab: Shell, project: Path) -> None:
    (project / "pyproject.toml").write_text("[[[")
    assert mflab("config", "show").code == Exit.OK


def test_what_is_shown_is_a_file_that_can_be_used(mflab: Shell, project: Path) -> None:
    shown = mflab("config", "show", "--origin").out
    (project / "mflab.toml").write_text(shown)
    again = mflab("config", "show", "--json").json()["settings"]
    assert [s["value"] for s in again if s["key"] == "seed"] == [0] * len(
        [k for k in OF_VERBS.values() if "seed" in k]
    )


def test_the_page_lists_every_key() -> None:
    page = (ROOT / "docs" / "pipeline.md").read_text("utf-8")
    for name, keys in OF_VERBS.items():
        for key in keys:
            assert f"| `[{name}]` | `{key}` |" in page
