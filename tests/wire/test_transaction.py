"""One transaction: what goes out in which flight, and what the replies mean for each recipient."""

from dataclasses import replace

import pytest

from lab.core.smtp_delivery import BROKEN_OFF, TIMED_OUT, HangUp, TransactionReplies
from lab.errors import LabBug
from lab.model.reply import Reply
from lab.model.transport import DsnParameters
from lab.wire.transaction import SHORT, stuffed
from tests.wire.client_dialogs import (
    DIAL,
    ESMTP,
    HELLO,
    OK,
    PATIENT,
    a_hand,
    a_wire,
    converse,
    hand_over,
    script,
)
from tests.wire.scripted import scripted


async def test_pipelined_commands_leave_in_one_flight():
    lines = (
        "C: MAIL FROM:<s@a.example>",
        "C: RCPT TO:<r@b.example>",
        "C: RCPT TO:<q@b.example>",
        "C: DATA",
        "S: 250 2.1.0 Sender ok",
        "S: 250 2.1.5 r ok",
        "S: 550 5.1.1 no q here",
        "S: 354 go",
        "C: Subject: x",
        "C: ",
        "C: Hi",
        "C: .",
        "S: 250 2.0.0 Ok",
    )
    async with scripted(script(*lines, offers="PIPELINING")) as server:
        handed = await hand_over(server, a_hand("r@b.example", "q@b.example"))
    assert handed == TransactionReplies(
        Reply(250, "2.1.0", "Sender ok"),
        {"r@b.example": Reply(250, "2.1.5", "r ok"), "q@b.example": Reply(550, "5.1.1", "no q here")},
        OK,
    )


async def test_without_pipelining_each_command_waits_for_its_reply():
    lines = (
        "C: MAIL FROM:<>",
        "S: 250 2.1.0 Sender ok",
        "C: RCPT TO:<r@b.example>",
        "S: 250 2.1.5 r ok",
        "C: DATA",
        "S: 354 go",
        "C: Subject: x",
        "C: ",
        "C: Hi",
        "C: .",
        "S: 250 2.0.0 Ok",
    )
    async with scripted(script(*lines)) as server:
        handed = await hand_over(server, a_hand(sender="<>"))
    assert handed.data == OK


async def test_go_ahead_that_nobody_wants_gets_a_lone_dot():
    lines = (
        "C: MAIL FROM:<s@a.example>",
        "C: RCPT TO:<r@b.example>",
        "C: DATA",
        "S: 250 2.1.0 Sender ok",
        "S: 550 5.1.1 no",
        "S: 354 go",
        "C: .",
        "S: 554 5.5.1 no valid recipients",
    )
    async with scripted(script(*lines, offers="PIPELINING")) as server:
        handed = await hand_over(server, a_hand())
    assert handed == TransactionReplies(
        Reply(250, "2.1.0", "Sender ok"), {"r@b.example": Reply(550, "5.1.1", "no")}, None
    )


@pytest.mark.parametrize("go_ahead", [True, False], ids=["354", "503"])
async def test_refused_sender_ends_it_whatever_follows(go_ahead):
    tail = ("S: 354 go", "C: .", "S: 250 thanks") if go_ahead else ("S: 503 5.5.1 MAIL first",)
    lines = (
        "C: MAIL FROM:<s@a.example>",
        "C: RCPT TO:<r@b.example>",
        "C: DATA",
        "S: 550 5.7.1 not you",
        "S: 250 r ok",
        *tail,
    )
    async with scripted(script(*lines, offers="PIPELINING")) as server:
        assert await hand_over(server, a_hand()) == TransactionReplies(
            Reply(550, "5.7.1", "not you"), {}, None
        )


@pytest.mark.parametrize("offers", ["", "CHUNKING"])
async def test_refused_recipients_end_it_before_the_content(offers):
    lines = (
        "C: MAIL FROM:<s@a.example>",
        "S: 250 ok",
        "C: RCPT TO:<r@b.example>",
        "S: 452 4.5.3 later",
    )
    async with scripted(script(*lines, offers=offers)) as server:
        handed = await hand_over(server, a_hand())
    assert (handed.recipients, handed.data) == ({"r@b.example": Reply(452, "4.5.3", "later")}, None)


async def test_refused_data_is_the_reply_to_the_content():
    lines = (
        "C: MAIL FROM:<s@a.example>",
        "C: RCPT TO:<r@b.example>",
        "C: DATA",
        "S: 250 ok",
        "S: 250 ok",
        "S: 451 4.3.0 disk",
    )
    async with scripted(script(*lines, offers="PIPELINING")) as server:
        assert (await hand_over(server, a_hand())).data == Reply(451, "4.3.0", "disk")


async def test_ok_to_data_is_out_of_step():
    lines = (*ESMTP, "S: 250 PIPELINING", "C: MAIL FROM:<s@a.example>", "C: RCPT TO:<r@b.example>", "C: DATA")
    async with scripted("\n".join((*lines, "S: 250 ok", "S: 250 ok", "S: 250 ok", "X: hang"))) as server:
        assert (await hand_over(server, a_hand())).data == BROKEN_OFF


async def test_short_message_goes_along_as_a_chunk():
    lines = (
        "C: MAIL FROM:<s@a.example>",
        "C: RCPT TO:<r@b.example>",
        "C: BDAT 18 LAST",
        "C: Subject: x",
        "C: ",
        "C: .Hi",
        "S: 250 ok",
        "S: 250 ok",
        "S: 250 2.0.0 Ok",
    )
    content = b"Subject: x\r\n\r\n.Hi\r\n"
    async with scripted(script(*lines, offers="PIPELINING CHUNKING").replace("BDAT 18", "BDAT 19")) as server:
        assert (await hand_over(server, a_hand(content=content))).data == OK


async def test_chunk_that_nobody_wanted_counts_for_nothing():
    lines = (
        "C: MAIL FROM:<s@a.example>",
        "C: RCPT TO:<r@b.example>",
        "C: BDAT 18 LAST",
        "C: Subject: x",
        "C: ",
        "C: Hi",
        "S: 250 ok",
        "S: 550 5.1.1 no",
        "S: 503 5.5.1 no recipients",
    )
    async with scripted(script(*lines, offers="PIPELINING CHUNKING")) as server:
        assert (await hand_over(server, a_hand())).data is None


@pytest.mark.parametrize("wanted", [True, False], ids=["wanted", "unwanted"])
async def test_long_message_waits_until_somebody_wants_it(wanted):
    content = b"Subject: x\r\n\r\n" + b"x" * 98 + b"\r\n"
    content += b"y" * (SHORT + 100 - len(content) - 2) + b"\r\n"
    body = [f"C: {line.decode()}" for line in content.split(b"\r\n")[:-1]]
    lines = (
        "C: MAIL FROM:<s@a.example>",
        "C: RCPT TO:<r@b.example>",
        "S: 250 ok",
        *(
            ("S: 250 ok", f"C: BDAT {len(content)} LAST", *body, "S: 250 2.0.0 Ok")
            if wanted
            else ("S: 550 no",)
        ),
    )
    async with scripted(script(*lines, offers="PIPELINING CHUNKING"), limit=2 * SHORT) as server:
        assert (await hand_over(server, a_hand(content=content))).data == (OK if wanted else None)


async def test_parameters_are_written_behind_their_paths():
    asked = DsnParameters(frozenset({"SUCCESS", "DELAY"}), "rfc822;r@b.example")
    lines = (
        "C: MAIL FROM:<s@a.example> SIZE=16 BODY=8BITMIME SMTPUTF8 RET=HDRS",
        "S: 250 ok",
        "C: RCPT TO:<r@b.example> NOTIFY=DELAY,SUCCESS ORCPT=rfc822;r@b.example",
        "S: 550 5.1.1 no",
        "C: RCPT TO:<q@b.example>",
        "S: 550 5.1.1 no",
    )
    parameters = {"SIZE": "16", "BODY": "8BITMIME", "SMTPUTF8": "", "RET": "HDRS"}
    async with scripted(script(*lines)) as server:
        await hand_over(
            server, a_hand(("r@b.example", asked), "q@b.example", parameters=parameters, dsn=True)
        )


async def test_dsn_parameters_stay_at_home_where_they_are_not_offered():
    lines = ("C: MAIL FROM:<s@a.example>", "S: 250 ok", "C: RCPT TO:<r@b.example>", "S: 550 5.1.1 no")
    async with scripted(script(*lines)) as server:
        await hand_over(server, a_hand(("r@b.example", DsnParameters(frozenset({"NEVER"})))))


async def test_international_addresses_are_written_in_utf8():
    octets = "j\u00fcrgen".encode().decode("latin-1")
    lines = (f"C: MAIL FROM:<{octets}@a.example> SMTPUTF8", "S: 550 5.7.1 no")
    async with scripted(script(*lines)) as server:
        await hand_over(server, a_hand(sender="j\u00fcrgen@a.example", parameters={"SMTPUTF8": ""}))


@pytest.mark.parametrize("place", ["MAIL", "RCPT", "DATA", "content"])
async def test_421_at_any_time_is_the_last_word(place):
    dialog = {
        "MAIL": ("C: MAIL FROM:<s@a.example>", "S: 250 ok"),
        "RCPT": ("C: RCPT TO:<r@b.example>", "S: 250 ok", "C: RCPT TO:<q@b.example>", "S: 250 ok"),
        "DATA": ("C: DATA", "S: 354 go"),
        "content": ("C: Subject: x", "C: ", "C: Hi", "C: .", "S: 250 ok"),
    }
    lines: list[str] = [*ESMTP, "S: 250 HELP"]
    for stage, said in dialog.items():
        if stage == place:
            closing = next(number for number, line in enumerate(said) if line.startswith("S"))
            lines += [*said[:closing], "S: 421 4.3.2 closing"]
            break
        lines += said
    closing_reply = Reply(421, "4.3.2", "closing")
    async with scripted("\n".join(lines)) as server:
        handed = await hand_over(server, a_hand("r@b.example", "q@b.example"))
    decisive = {"MAIL": handed.mail, "RCPT": handed.recipients.get("q@b.example")}.get(place, handed.data)
    assert decisive == closing_reply


async def test_421_in_a_flight_answers_all_that_is_left():
    lines: tuple[str, ...] = (
        *ESMTP,
        "S: 250 PIPELINING",
        "C: MAIL FROM:<s@a.example>",
        "C: RCPT TO:<r@b.example>",
    )
    lines += ("C: RCPT TO:<q@b.example>", "C: DATA", "S: 250 ok", "S: 250 ok", "S: 421 4.3.2 closing")
    async with scripted("\n".join(lines)) as server:
        handed = await hand_over(server, a_hand("r@b.example", "q@b.example"))
    closing = Reply(421, "4.3.2", "closing")
    assert handed == TransactionReplies(
        Reply(250, "", "ok"), {"r@b.example": Reply(250, "", "ok"), "q@b.example": closing}, closing
    )


@pytest.mark.parametrize(
    ("end", "reply"), [("X: close", BROKEN_OFF), ("X: reset", BROKEN_OFF), ("X: hang", TIMED_OUT)]
)
async def test_connection_that_breaks_before_the_last_reply_is_in_doubt(end, reply):
    lines: tuple[str, ...] = (
        *ESMTP,
        "S: 250 PIPELINING",
        "C: MAIL FROM:<s@a.example>",
        "C: RCPT TO:<r@b.example>",
        "C: DATA",
    )
    lines += ("S: 250 ok", "S: 250 ok", "S: 354 go", "C: Subject: x", "C: ", "C: Hi", "C: .", end)
    async with scripted("\n".join(lines)) as server:
        handed = await hand_over(server, a_hand(), patience=replace(PATIENT, end=0.2))
    assert (handed.mail.code, handed.data) == (250, reply)


async def test_server_that_reads_nothing_is_given_up():
    lines = (
        *ESMTP,
        "S: 250 HELP",
        "C: MAIL FROM:<s@a.example>",
        "S: 250 ok",
        "C: RCPT TO:<r@b.example>",
        "S: 250 ok",
    )
    content = b"Subject: x\r\n\r\n" + b"0123456789abcdef\r\n" * 1_000_000
    async with scripted("\n".join((*lines, "C: DATA", "S: 354 go", "X: ignore"))) as server:
        handed = await hand_over(server, a_hand(content=content), patience=replace(PATIENT, block=0.2))
    assert handed.data == TIMED_OUT


async def test_more_replies_than_fit_make_the_server_wait_and_none_is_lost():
    names = [f"r{number}" for number in range(2000)]
    told = "x" * 300  # 600 kB in all, more than the reader holds
    lines = (
        "C: MAIL FROM:<s@a.example>",
        *(f"C: RCPT TO:<{name}@b.example>" for name in names),
        "C: DATA",
        "S: 250 ok",
        *(f"S: 550 5.1.1 {name} {told}" for name in names),
        "S: 554 no valid recipients",
    )
    async with scripted(script(*lines, offers="PIPELINING")) as server:
        handed = await hand_over(server, a_hand(*(f"{name}@b.example" for name in names)))
    assert [reply.text for reply in handed.recipients.values()] == [f"{name} {told}" for name in names]


async def test_second_transaction_follows_a_reset_of_the_first():
    first = (
        "C: MAIL FROM:<s@a.example>",
        "C: RCPT TO:<r@b.example>",
        "C: DATA",
        "S: 250 ok",
        "S: 550 no",
        "S: 554 no",
    )
    second = ("C: RSET", "C: MAIL FROM:<s@a.example>", "C: RCPT TO:<q@b.example>", "C: DATA", "S: 250 reset")
    content = (
        "S: 250 ok",
        "S: 250 ok",
        "S: 354 go",
        "C: Subject: x",
        "C: ",
        "C: Hi",
        "C: .",
        "S: 250 2.0.0 Ok",
    )
    third = (
        "C: MAIL FROM:<s@a.example>",
        "C: RCPT TO:<q@b.example>",
        "C: DATA",
        "S: 550 a",
        "S: 503 b",
        "S: 503 c",
    )
    async with scripted(script(*first, *second, *content, *third, offers="PIPELINING")) as server:
        again = a_hand("q@b.example")
        *_, handed, last, _ = await converse(a_wire(server), DIAL, HELLO, a_hand(), again, again, HangUp())
    assert isinstance(handed, TransactionReplies)
    assert handed.data == OK
    assert last == TransactionReplies(Reply(550, "", "a"), {}, None)


async def test_second_transaction_without_pipelining_is_reset_too():
    first = ("C: MAIL FROM:<s@a.example>", "S: 250 ok", "C: RCPT TO:<r@b.example>", "S: 550 no")
    second = ("C: RSET", "S: 250 ok", "C: MAIL FROM:<s@a.example>", "S: 550 a")
    async with scripted(script(*first, *second)) as server:
        *_, last, _ = await converse(a_wire(server), DIAL, HELLO, a_hand(), a_hand(), HangUp())
    assert last == TransactionReplies(Reply(550, "", "a"), {}, None)


@pytest.mark.parametrize("content", [b"\r\n.\n", b"\r\na\rb\r\n", b"\r\na\0b\r\n"])
async def test_binary_content_never_goes_through_data(content):
    async with scripted("\n".join((*ESMTP, "S: 250 HELP", "X: hang"))) as server:
        with pytest.raises(LabBug, match="only be sent by BDAT"):
            await converse(a_wire(server), DIAL, HELLO, a_hand(content=content))


async def test_command_is_one_line():
    async with scripted("\n".join((*ESMTP, "S: 250 HELP", "X: hang"))) as server:
        with pytest.raises(LabBug, match="line end"):
            await converse(a_wire(server), DIAL, HELLO, a_hand(parameters={"ENVID": "x\r\nRSET"}))


@pytest.mark.parametrize(
    ("content", "sent"),
    [
        (b"", b".\r\n"),
        (b"a\r\n", b"a\r\n.\r\n"),
        (b"a", b"a\r\n.\r\n"),
        (b".", b"..\r\n.\r\n"),
        (b".a\r\n.\r\n..\r\nb.\r\n", b"..a\r\n..\r\n...\r\nb.\r\n.\r\n"),
    ],
    ids=["empty", "line", "unfinished-line", "lone-dot", "dots"],
)
def test_dots_are_stuffed(content, sent):
    assert stuffed(content) == sent
