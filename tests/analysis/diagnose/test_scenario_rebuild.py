"""A scenario written from a diagnosis loads, and its simulation gives the same tenants and the same status."""

from collections import Counter

import pytest

from lab.analysis.diagnose import diagnose
from lab.analysis.diagnose.scenario_rebuild import MARK, rebuild
from lab.drivers.simulator import simulate
from lab.scenario.load import load_text
from tests.analysis.diagnose.played import mail_of, mails
from tests.analysis.diagnose.test_samples import SAMPLES


def rebuilt(octets):
    made = rebuild(diagnose(octets))
    if made is not None:
        assert made.text.startswith(MARK)
    return made


def again(made):
    """The diagnosis of the report that the rebuilt scenario delivers."""
    (variant,) = load_text(made.text).variants.values()
    outcome = simulate(variant)
    return [diagnose(bytes(each.message)) for each in outcome.delivered]


@pytest.mark.parametrize(("number", "status"), [(3, "5.1.0"), (7, "5.1.351"), (13, "5.1.10")])
def test_the_real_reports_happen_again(number, status):
    octets = (SAMPLES / f"exchange-online-{number:02}.eml").read_bytes()
    made = rebuilt(octets)
    assert made.differs == ()
    told = [each.report for each in again(made) if each.report is not None]
    assert [each.refusals[0].status for each in told] == [status]


def test_the_article_happens_again_with_tenants_connector_and_report():
    octets = bytes(mail_of("wildcard-misrouting/shared-wildcard").found.message)
    (told,) = again(rebuilt(octets))
    meant = diagnose(octets)
    assert told.relayed == meant.relayed is not None
    assert [each.status for each in told.report.refusals] == ["5.7.51"]
    assert told.report.original.passages[0].client == "198.51.100.25"


def sampled(every):
    counts: Counter[str] = Counter()
    for mail in mails(every):
        made = rebuilt(bytes(mail.found.message))
        if made is None:
            assert not mail.stays or mail.about is None or not mail.bounces, mail.where
            counts["none"] += 1
        else:
            counts["differs" if made.differs else "same"] += 1
    return counts


def test_most_mails_of_the_scenarios_happen_again():
    counts = sampled(17)
    assert counts["same"] > 8 * counts["differs"], counts


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_most_mails_of_all_scenarios_happen_again():
    counts = sampled(1)
    assert counts["same"] > 1000
    assert counts["same"] > 9 * counts["differs"], counts


def test_nothing_is_built_of_nothing():
    assert rebuilt(b"Received: from a.example by b.example; x\r\nFrom: a@a.example\r\n\r\n") is None
    assert rebuilt(b"hello") is None


def test_what_is_made_up_is_told():
    made = rebuilt((SAMPLES / "exchange-online-13.eml").read_bytes())
    assert "# Made up: the address of the server that handed it over" in made.text


def test_a_scenario_that_shows_something_else_says_so():
    """A loop needs more parts than are built."""
    assert rebuilt(bytes(mail_of("p16-hybrid-connector-by-mx/by-mx").found.message)).differs
