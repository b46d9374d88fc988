"""Expected logs as files beside the tests; what was got instead is written next to them, as `.got`."""

from pathlib import Path

FOLDER = Path(__file__).parent / "golden"


def assert_golden(name: str, got: str) -> None:
    """Compare with a file, line ends apart."""
    wanted = FOLDER / name
    spelt = got.replace("\r\n", "\n")
    if not wanted.exists() or wanted.read_text() != spelt:
        wanted.with_name(f"{name}.got").write_text(spelt)
    assert wanted.exists(), f"{name} is missing; see {name}.got"
    assert spelt == wanted.read_text()
