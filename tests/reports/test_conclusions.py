import pytest

from lab.reports.explanation.conclusions import CureOutcome, cured, fates, home_tenant
from tests.reports.runs import article


def _only(name: str):
    (run,) = article(name).runs
    return run


@pytest.mark.parametrize(
    ("variant", "judged"),
    [
        ("shared-wildcard", CureOutcome.SHOWN),
        ("other-region", CureOutcome.SHOWN),
        ("half-fix", CureOutcome.NO),
        ("dedicated-certificate", CureOutcome.YES),
        ("expired", CureOutcome.FOR_NOW),
        ("name-not-accepted-domain", CureOutcome.PARTLY),
    ],
)
def test_a_cure_is_judged_by_the_way_and_not_by_its_name(variant, judged):
    assert cured(_only(variant)) is judged


def test_mail_meant_for_another_tenant_by_mx_is_astray():
    (fate,) = fates(_only("shared-wildcard"))
    assert fate.misrouted is not None
    assert (fate.misrouted.origin, fate.misrouted.place, fate.misrouted.meant) == (
        "gateway",
        "tenant:msxfaq",
        "uclabor",
    )
    assert fate.outcome == "bounced 5.7.51"


def test_mail_to_the_own_tenant_over_the_hybrid_connection_is_not_astray():
    memo = next(fate for fate in fates(_only("name-not-accepted-domain")) if fate.spec.key == "memo")
    assert memo.places == ("exchange", "tenant:msxfaq")
    assert memo.misrouted is None
    assert memo.arrived


def test_the_last_leg_of_a_refused_message_carries_the_reply():
    (fate,) = fates(_only("shared-wildcard"))
    assert [leg.taken for leg in fate.legs] == [True, True, True, False]
    assert str(fate.legs[-1].refusal).startswith("550 5.7.51")


def test_an_address_outside_all_tenants_has_no_home():
    topology = _only("shared-wildcard").variant.topology
    assert home_tenant("a@msxfaq.example", topology) == "msxfaq"
    assert home_tenant("a@nowhere.example", topology) is None
    assert home_tenant("no address", topology) is None
