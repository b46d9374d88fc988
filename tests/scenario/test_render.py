"""A variant written out in full: what the wizard creates is a golden file, and the text loads to the same topology."""

from pathlib import Path

import pytest

from lab.scenario.load import load, load_text
from lab.scenario.rendering.render import render

HERE = Path(__file__).parent
SCENARIOS = HERE.parents[1] / "scenarios"
SHIPPED = sorted(path for path in SCENARIOS.rglob("*.yaml") if path.parent.name != "common")
GOLDEN = sorted((HERE / "rendered").glob("*.yaml"))


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_the_hybrid_shorthand_expands_to_what_the_wizard_creates(path):
    got = render(load(path).variants["base"])
    golden = path.with_suffix(".txt")
    wanted = golden.read_text(encoding="utf-8") if golden.exists() else ""
    if got != wanted:
        path.with_suffix(".got").write_text(got, encoding="utf-8")
    assert got == wanted, f"compare {path.stem}.got with {path.stem}.txt"


@pytest.mark.parametrize("path", [*SHIPPED, *GOLDEN], ids=lambda path: path.stem)
def test_a_rendered_variant_is_the_same_variant(path):
    for name, variant in load(path).variants.items():
        again = load_text(render(variant)).variants["base"]
        assert again.topology == variant.topology, name
        assert again.profiles == variant.profiles, name
        assert again.messages == variant.messages, name
        assert list(again.expect) == list(variant.expect), name
        assert [again.expect[key].whole_series for key in again.expect] == [
            each.whole_series for each in variant.expect.values()
        ], name
        assert again.timeline == variant.timeline, name
        assert (again.starts, again.as_of, again.only) == (variant.starts, variant.as_of, variant.only), name


def test_open_todos_survive():
    text = "scenario: x\nwhy: x\ntodo: [{text: 'Unknown: it.', about: [tenants.x], rules: [R3]}, {text: More.}]\n"
    todos = load_text(text).variants["base"].todos
    assert [(each.text, each.about, each.rules) for each in todos] == [
        ("Unknown: it.", ("tenants.x",), ("R3",)),
        ("More.", (), ()),
    ]
    again = load_text(render(load_text(text).variants["base"]))
    assert again.variants["base"].todos == todos


def test_everything_that_can_be_said_survives():
    text = """
scenario: everything
why: "all: of it"
as_of: 2023-10-31
start: 2026-01-01T00:00:00+01:00
only: simulator
only_why: because
switches: {wildcard_cert_covers_exact: off, loop_limit: "received:20", seed: 7}
organizations:
  contoso:
    domains: contoso.example
    mailboxes: [{address: anna@contoso.example, proxies: a@contoso.example}]
    hosts:
      exchange: {role: exchange, address: 198.18.0.10, nat: 198.51.100.1, expires_after: 90m, max_hops: 5}
      gateway: {role: gateway, address: 198.51.100.25, accepts_domains: [], forwards_to: [], relay_from: [],
                client_certificate: false, offers_tls: false, strict_spf: true, dkim_signs: contoso.example}
    dmarc: reject
    spf_includes_exchange_online: false
tenants:
  fabrikam:
    initial_domain: fabrikam.onmicrosoft.com
    region: GBR
    mailboxes: [bob@fabrikam.onmicrosoft.com]
    mail_users: [{address: eva@fabrikam.onmicrosoft.com, external: eva@elsewhere.example}]
    OrganizationConfig: {RejectDirectSend: $true}
    dbeb: false
    honor_dmarc: false
    InboundConnectors: [{Name: In, SenderIPAddresses: [198.51.100.0/24, 198.51.100.1], blocked: true}]
hosts:
  elsewhere: {address: 203.0.113.200, domains: elsewhere.example, mailboxes: eva@elsewhere.example, dmarc: none}
certificates:
  odd: {names: [a.example, b.example], san: false, issuer: private, key: rsa, key_usage: server-only, validity: not-yet-valid}
dns:
  records:
    contoso.example: {MX: ["5 mail.contoso.example", "0 ."], TXT: ~}
    www.contoso.example: {CNAME: mail.contoso.example}
  servfail: broken.example
messages:
  m: {from: anna@contoso.example, to: [bob@fabrikam.onmicrosoft.com, eva@elsewhere.example], reverse_path: <>,
      subject: no, headers: {X-One: [a, b]}, body: "two\\nlines", via: exchange, why: x}
expect:
  m: {ends: queued, ndr: {status: 5.1.1, from: exchange, path: [exchange]}, spf: {gateway: none}, headers: {X-One: a}}
"""
    variant = load_text(text.replace("subject: no", 'subject: "no"')).variants["base"]
    again = load_text(render(variant)).variants["base"]
    assert again.topology == variant.topology
    assert again.profiles == variant.profiles
    assert again.messages == variant.messages
    assert (again.starts, again.as_of, again.only_why) == (variant.starts, variant.as_of, variant.only_why)
    claims = [(e.path, e.ends, e.ndr, e.spf, e.headers) for e in (again.expect["m"], variant.expect["m"])]
    assert claims[0] == claims[1]
