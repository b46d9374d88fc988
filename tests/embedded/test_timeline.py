"""A lab that keeps running makes its changes when their time has come: zones, certificates, nodes."""

from pathlib import Path

import pytest

from lab.drivers.embedded import Embedded
from lab.scenario.load import load_text

pytestmark = pytest.mark.wire

TEXT = """
scenario: following
include: [common/msxfaq.yaml, common/dedicated.yaml]
timeline:
  - {at: 1s, change: {'dns.records[msxfaq.example].MX': 0 msxfaq-example.mail.protection.outlook.com}}
  - {at: 2s, in: exchange, run: Enable-ExchangeCertificate -Thumbprint mail -Services SMTP}
"""
SCENARIOS = Path(__file__).parents[2] / "scenarios"


async def test_a_running_lab_follows_its_timeline(tmp_path):
    variant = load_text(TEXT, str(SCENARIOS / "following.yaml")).variants["base"]
    async with Embedded(variant, tmp_path) as lab:
        before = lab.dns.zones
        address = lab.topology.hosts["exchange"].address
        assert lab._listeners[address][0].certificate == "hybrid"
        await lab._follow()
        assert lab.dns.zones is not before
        assert lab.dns.zones is lab.history.versions[-1].topology.zones
        assert lab._listeners[address][0].certificate == "mail"
