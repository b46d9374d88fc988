from lab.evidence.hop_links import joined, parents
from lab.model.steps import Accepted, Refused, Sent, Step
from lab.model.trace import Hop
from tests.evidence.hops import a_hop, a_step, sent

SERVER, KEY = "203.0.113.10", "198.51.100.25:41000>203.0.113.10"


def asked(reply: str = "250 2.6.0 queued as 1", to: str = SERVER) -> Hop:
    """The sender, who knows only where it connected to."""
    return a_hop(sent("mx", f">{to}", reply=reply), node="gateway", id="ours")


def answered(reply: str = "250 2.6.0 queued as 1", kind: type[Step] = Accepted, **head) -> Hop:
    return a_hop(a_step(kind, 1, reply=reply), **{"node": "mx", "id": "theirs", "connection": KEY, **head})


def connection(hops: tuple[Hop, ...]) -> str:
    (step,) = hops[0].all(Sent)
    return step.contact.connection


def test_the_same_words_at_the_same_address_join_both_ends():
    told = joined([asked(), answered()])
    assert connection(told) == KEY
    assert parents(told) == (None, 0)


def test_a_refusal_is_an_answer_too():
    reply = "451 4.4.62 wrong region [FE 08DE]"
    assert connection(joined([asked(reply), answered(reply, Refused, message_id="")])) == KEY


def test_an_answer_of_several_lines_stands_in_one():
    told = joined([asked("550 5.7.1 a b"), answered("550-5.7.1 a\n550 b", Refused)])
    assert connection(told) == KEY


def test_other_words_or_another_server_join_nothing():
    assert connection(joined([asked("250 2.6.0 queued as 2"), answered()])) == f">{SERVER}"
    assert connection(joined([asked(to="203.0.113.11"), answered()])) == ">203.0.113.11"


def test_who_knows_his_connection_keeps_it():
    known = a_hop(sent("mx", "198.51.100.25:1>203.0.113.10", reply="250 2.6.0 queued as 1"), node="gateway")
    assert joined([known, answered()])[0] == known
