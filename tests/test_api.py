"""The Python API: what docs/api.md says is so, and its recipes run."""

from __future__ import annotations

import inspect
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import lab
from lab import ArgumentError, DriverError, ScenarioError, Session
from lab.cli.output import plain
from lab.reports.comparison import comparison_files
from lab.reports.findings import audit_files
from lab.reports.matrix import matrix_files
from lab.scenario.load import load
from lab.scenario.rendering.render import render
from tests.cli.commands import ARTICLE, ROOT, Shell

PAGE = (ROOT / "docs" / "api.md").read_text("utf-8")
RECIPES = dict(
    re.findall(r"^## ([^\n]+)\n(?:(?!^## ).)*?```python\n(.*?)```", PAGE, re.DOTALL | re.MULTILINE)
)
HEAVY = {
    "yaml",
    "rich",
    "cryptography",
    "asyncio",
    "aiosmtpd",
    "dns",
    "docker",
    "OpenSSL",
    "sqlite3",
    "typing",
}
FAULT, CURE = "shared-wildcard", "dedicated-certificate"


@pytest.fixture
def mflab(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Shell:
    """The command, where no user has a configuration of his own."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("COLUMNS", raising=False)
    return Shell(capsys)


@pytest.fixture
def article() -> Session:
    return Session.load(ARTICLE, variant=FAULT)


def run_recipe(text: str) -> None:
    """Run it as a program, then its tests as pytest would."""
    names: dict[str, Any] = {"__name__": "recipe"}
    exec(compile(text, "docs/api.md", "exec"), names)
    for name, test in names.items():
        if name.startswith("test_"):
            test()


@pytest.mark.parametrize("title", [title for title in RECIPES if title != "Check in a pipeline"])
def test_a_recipe_does_what_it_asserts(title: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run_recipe(RECIPES[title])


def test_there_are_five_recipes() -> None:
    assert len(RECIPES) == PAGE.count("```python") == 5


def test_the_recipe_for_pipelines_fails_with_findings_and_mistakes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copytree(ROOT / "certs", tmp_path / "certs")
    shutil.copytree(ROOT / "scenarios" / "common", tmp_path / "mailflow" / "common")
    shutil.copy(ARTICLE, tmp_path / "mailflow" / "a.yaml")
    (tmp_path / "mailflow" / "b.yaml").write_text("scenario: b\ntenant: {}\n")
    with pytest.raises(SystemExit) as ended:
        run_recipe(RECIPES["Check in a pipeline"])
    told = str(ended.value.code).splitlines()
    assert any("MFL-ATTR-001:gateway" in line for line in told)
    assert told[-1].startswith("mailflow/b.yaml:2:1: tenant:")


def test_the_page_names_what_is_public() -> None:
    table = PAGE.partition("## What is public")[2].partition("\n## ")[0]
    named = [
        name
        for cell in re.findall(r"^\| ([^|]*) \|", table, re.MULTILINE)
        for name in re.findall(r"`(\w+)`", cell)
    ]
    assert sorted(named) == sorted(lab.__all__) == dir(lab)


@pytest.mark.parametrize("name", [name for name in lab.__all__ if name != "__version__"])
def test_every_public_name_says_what_it_is(name: str) -> None:
    public = getattr(lab, name)
    assert public.__doc__
    if inspect.isclass(public) and public.__module__.startswith("lab."):
        for own, member in vars(public).items():
            if not own.startswith("_") and callable(getattr(public, own)) and inspect.isroutine(member):
                assert inspect.getdoc(member), f"{name}.{own}"


def test_what_is_not_public_is_no_attribute() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Sesion'"):
        lab.Sesion  # type: ignore[attr-defined]  # noqa: B018 - that there is none is the point


def test_importing_the_package_loads_nothing() -> None:
    told = "import sys, lab; dir(lab); print(*sorted(sys.modules))"
    before = "import sys; print(*sorted(sys.modules))"
    loaded = [
        subprocess.run(
            [sys.executable, "-c", each], check=True, capture_output=True, text=True, cwd=ROOT
        ).stdout.split()
        for each in (before, told)
    ]
    assert set(loaded[1]) - set(loaded[0]) == {"lab"}
    assert not HEAVY.intersection(loaded[1])


def test_the_matrix_is_that_of_the_verb(mflab: Shell, article: Session) -> None:
    told = mflab("matrix", ARTICLE, "--variant", FAULT, "--json").json()
    assert plain({"schema_version": 1, **matrix_files.document([article.matrix()])}) == told


def test_the_findings_are_those_of_the_verb(mflab: Shell, article: Session) -> None:
    told = mflab("check", ARTICLE, "--variant", FAULT, "--json").json()
    assert plain({"schema_version": 1, **audit_files.document([article.check()])}) == told


def test_the_difference_is_that_of_the_verb(mflab: Shell, article: Session) -> None:
    variants = ("--before-variant", FAULT, "--after-variant", CURE)
    told = mflab("diff", ARTICLE, ARTICLE, *variants, "--json").json()
    found = article.diff(Session.load(ARTICLE, variant=CURE))
    assert plain({"schema_version": 1, **comparison_files.document(found)}) == told


def test_the_explanation_is_that_of_the_verb(mflab: Shell, article: Session) -> None:
    told = mflab("explain", ARTICLE, "--variant", FAULT).out
    assert list(article.run().explain("offer")) == told.splitlines()


def test_the_decision_is_that_of_the_verb(mflab: Shell, article: Session) -> None:
    decision = article.attribute(
        ip="198.51.100.25",
        certificate=["*.msxfaq.example"],
        mail_from="a@msxfaq.example",
        rcpt_to="b@uclabor.example",
    )
    told = mflab(
        *("attribute", "--config", ARTICLE, "--variant", FAULT, "--ip", "198.51.100.25"),
        *("--name", "*.msxfaq.example", "--mail-from", "a@msxfaq.example", "--rcpt-to", "b@uclabor.example"),
    ).out
    assert "\n".join(lab.story(decision)) == told.rstrip("\n")


def test_without_a_variant_check_and_diff_take_all(article: Session) -> None:
    whole = Session.load(ARTICLE)
    assert whole.variant == FAULT
    assert whole.check().variants == whole.variants
    assert article.check().variants == (FAULT,)
    assert [each.after.variant for each in whole.diff(whole)] == list(whole.variants)
    assert [each.after.variant for each in Session.load(ARTICLE, variant=CURE).diff(whole)] == [CURE]


def test_a_run_tells_what_was_delivered_and_decided(article: Session) -> None:
    result = article.run()
    assert result.ok
    assert list(result.traces) == ["offer"]
    (report,) = result.delivered
    assert str(report.mailbox) == "useronprem@msxfaq.example"
    kinds = [type(each) for each in result.decisions("offer")]
    assert kinds.count(lab.AttributionDecision) == 2


@pytest.mark.wire
def test_both_drivers_tell_the_same(article: Session) -> None:
    simulated, embedded = article.run(), article.run("embedded")
    assert embedded.ok
    assert embedded.driver == "embedded"
    assert embedded.decisions("offer") == simulated.decisions("offer")


@pytest.mark.wire
async def test_a_driver_with_a_loop_of_its_own_says_so_in_a_coroutine(article: Session) -> None:
    with pytest.raises(DriverError, match="to_thread"):
        article.run("embedded")


def test_text_is_as_good_as_a_file(article: Session) -> None:
    text = render(load(ARTICLE).variants[FAULT])
    assert Session.from_text(text).run().traces == article.run().traces


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("scenario: x\ntenants: 3\nfoo: 1\n", ["scenario.yaml:2:10: tenants", "scenario.yaml:3:1: foo"]),
        ("scenario: x\nvariants: {}\n", ["scenario.yaml:1:1: variants"]),
    ],
)
def test_a_scenario_is_refused_with_all_its_mistakes(text: str, told: list[str]) -> None:
    with pytest.raises(ScenarioError) as raised:
        Session.from_text(text)
    for each, beginning in zip(raised.value.problems, told, strict=True):
        assert str(each).startswith(beginning)


@pytest.mark.parametrize("file", ["wildcard-misroutin", "missing.yaml", "", "\0", "x" * 5000, Path("/")])
def test_what_is_no_scenario_is_a_scenario_error(file: str | Path) -> None:
    with pytest.raises(ScenarioError):
        Session.load(file)


@pytest.mark.parametrize(
    ("argument", "value", "told"),
    [
        ("ip", "198.51.100", "no IPv4 address"),
        ("mail_from", "nobody", "no mail address"),
        ("rcpt_to", "<>", "no mail address"),
        ("header_from", "nobody", "no mail address"),
        ("region", "NAN", "no tenant lives in 'NAN'"),
        ("certificate", "no name", "no domain name"),
        ("certificate", "missing.pem", "missing.pem: No such file"),
        ("certificate", Path("missing"), "missing: No such file"),
        ("faults", ["expird"], "did you mean 'expired'"),
        ("faults", ["expired"], "no certificate is shown"),
    ],
)
def test_an_argument_is_refused_by_its_name(
    article: Session, argument: str, value: object, told: str
) -> None:
    facts: dict[str, Any] = {"ip": "198.51.100.25", "mail_from": "<>", "rcpt_to": "b@uclabor.example"}
    with pytest.raises(ArgumentError, match=re.escape(told)) as raised:
        article.attribute(**facts | {argument: value})
    assert raised.value.argument == argument


def without_tls(session: Session) -> object:
    envelope: dict[str, Any] = {"mail_from": "<>", "rcpt_to": "b@uclabor.example"}
    return session.attribute(ip="198.51.100.25", certificate="x.example", tls=False, **envelope)


@pytest.mark.parametrize(
    ("argument", "call"),
    [
        ("variant", lambda session: Session.load(session.file, variant="shared-wildcart")),
        ("driver", lambda session: session.run("simulater")),
        ("driver", lambda session: session.matrix("simulater")),
        ("key", lambda session: session.run().trace("ofer")),
        ("key", lambda session: session.run().explain("ofer")),
        ("certificate", without_tls),
    ],
)
def test_so_is_that_of_any_other_call(
    article: Session, argument: str, call: Callable[[Session], object]
) -> None:
    with pytest.raises(ArgumentError) as raised:
        call(article)
    assert raised.value.argument == argument


def test_a_variant_for_another_driver_is_a_driver_error() -> None:
    text = render(load(ARTICLE).variants[FAULT]) + "only: embedded\nonly_why: it needs TLS\n"
    with pytest.raises(DriverError, match="runs only in embedded: it needs TLS"):
        Session.from_text(text).run()


ENVELOPE = {"ip": "192.0.2.1", "mail_from": "a@msxfaq.example", "rcpt_to": "b@uclabor.example"}
WRONG: list[tuple[str, object]] = [
    ("ip", None),
    ("ip", 5),
    ("ip", ["192.0.2.1"]),
    ("ip", b"192.0.2.1"),
    ("mail_from", None),
    ("rcpt_to", 1.5),
    ("header_from", ["a@b.example"]),
    ("region", 5),
    ("tls", "no"),
    ("tls", None),
    ("certificate", 5),
    ("certificate", b"mail.a.example"),
    ("certificate", [None]),
    ("certificate", ""),
    ("faults", None),
    ("faults", "expird"),
    ("faults", [5]),
]


@pytest.mark.parametrize(("argument", "given"), WRONG)
def test_a_wrong_argument_is_named(article: Session, argument: str, given: Any) -> None:
    with pytest.raises(ArgumentError) as raised:
        article.attribute(**{**ENVELOPE, argument: given})
    assert raised.value.argument == argument


@pytest.mark.parametrize("seed", ["x", 1.5, True, None])
def test_a_seed_is_a_whole_number(article: Session, seed: Any) -> None:
    for method in (article.run, article.matrix):
        with pytest.raises(ArgumentError, match="seed: wanted int"):
            method(seed=seed)


@pytest.mark.parametrize("width", [0, -5, 10**7, "80", True])
def test_lines_have_a_width_that_can_be_read(article: Session, width: Any) -> None:
    with pytest.raises(ArgumentError, match="width"):
        article.run().explain("offer", width=width)


@pytest.mark.parametrize("file", [None, 5, b"x"])
def test_what_is_loaded_has_a_name(file: Any) -> None:
    with pytest.raises(ArgumentError, match="file"):
        Session.load(file)


def test_an_unknown_variant_is_answered_with_those_that_are_there(article: Session) -> None:
    for variant in ("", "nonsense"):
        with pytest.raises(ArgumentError, match=rf"{FAULT}.*{CURE}"):
            Session.load(ARTICLE, variant=variant)
    with pytest.raises(ArgumentError, match="did you mean"):
        Session.load(ARTICLE, variant="shared-wildcrd")
    with pytest.raises(ArgumentError, match="variant: wanted str or None, not 5"):
        Session.load(ARTICLE, variant=5)  # type: ignore[arg-type]


def test_only_a_session_can_be_compared(article: Session) -> None:
    with pytest.raises(ArgumentError, match="other: wanted Session"):
        article.diff(None)  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match="key: wanted str"):
        article.run().trace(None)  # type: ignore[arg-type]


def test_only_decisions_are_told() -> None:
    with pytest.raises(ArgumentError, match="decision: wanted AttributionDecision or"):
        lab.story(None)  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match="candidate: wanted DecisionCandidate, not None"):
        lab.reasons(None)  # type: ignore[arg-type]


def test_one_fault_need_not_be_in_a_list(article: Session) -> None:
    several = article.attribute(**ENVELOPE, certificate=["*.msxfaq.example"], faults=["expired"])  # type: ignore[arg-type]
    assert article.attribute(**ENVELOPE, certificate="*.msxfaq.example", faults="expired") == several  # type: ignore[arg-type]
