from pathlib import Path

from lab.cli.exit_codes import Exit
from tests.cli.commands import ARTICLE, Shell


def test_the_configuration_is_printed_file_by_file(mflab: Shell) -> None:
    said = mflab("gateway", "postfix", ARTICLE)
    assert said.code == Exit.OK
    files = [line.removeprefix("# ---- ") for line in said.out.splitlines() if line.startswith("# ---- ")]
    assert files == ["main.cf", "master.cf", "transport", "header_checks", "resolv.conf"]
    assert "smtp_tls_cert_file = /etc/mflab/certificates/wildcard.pem" in said.out


def test_it_is_written_into_a_folder_that_the_files_then_name(mflab: Shell, tmp_path: Path) -> None:
    said = mflab(
        "gateway", "postfix", ARTICLE, "--out", str(tmp_path / "pf"), "--dns", "198.51.100.9", "--once"
    )
    assert said.code == Exit.OK
    main = (tmp_path / "pf" / "main.cf").read_text()
    assert f"transport_maps = texthash:{tmp_path}/pf/transport" in main
    assert "maximal_queue_lifetime = 0\n" in main
    assert (tmp_path / "pf" / "resolv.conf").read_text().startswith("nameserver 198.51.100.9\n")


def test_each_variant_has_its_own(mflab: Shell) -> None:
    cured = mflab("gateway", "postfix", ARTICLE, "--variant", "no-client-certificate").out
    assert "smtp_tls_cert_file" not in cured


def test_a_host_that_is_no_filter_is_bad_input(mflab: Shell) -> None:
    said = mflab("gateway", "postfix", ARTICLE, "--host", "exchange")
    assert said.code == Exit.BAD_INPUT
    assert "its gateways are: gateway" in said.err


def test_where_things_are_on_another_machine_can_be_said(mflab: Shell, tmp_path: Path) -> None:
    there = ("--config", "/opt/pf", "--log", "/logs/mail.log", "--certificates", "/keys")
    mflab("gateway", "postfix", ARTICLE, "--out", str(tmp_path), *there)
    main = (tmp_path / "main.cf").read_text()
    for setting in (
        "transport_maps = texthash:/opt/pf/transport",
        "maillog_file = /logs/mail.log",
        "maillog_file_prefixes = /logs",
        "smtp_tls_key_file = /keys/wildcard.key",
    ):
        assert f"{setting}\n" in main
