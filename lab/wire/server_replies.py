"""What an Exchange server says when no node is asked, in Exchange's words where they are known (R184-R189)."""

from lab.model.reply import Reply

READY_FOR_TLS = Reply(220, "2.0.0", "SMTP server ready")
GOODBYE = Reply(221, "2.0.0", "Service closing transmission channel")
RESETTING = Reply(250, "2.0.0", "Resetting")
OK = Reply(250, "2.0.0", "OK")
CANNOT_VERIFY = Reply(252, "2.1.5", "Cannot VRFY user")
SEND_DATA = Reply(354, "", "Start mail input; end with <CRLF>.<CRLF>")

TOO_MANY_CONNECTIONS = Reply(
    421,
    "4.3.2",
    "The maximum number of concurrent connections has exceeded a limit, closing transmission channel",
)
SHUTTING_DOWN = Reply(421, "4.3.2", "Service not available, closing transmission channel")
CLIENT_IS_SILENT = Reply(451, "4.7.0", "Timeout waiting for client input")
TEMPORARY_ERROR = Reply(451, "4.3.0", "Temporary server error. Please try again later")
TOO_MANY_RECIPIENTS = Reply(452, "4.5.3", "Too many recipients")

UNRECOGNIZED = Reply(500, "5.3.3", "Unrecognized command")
LINE_TOO_LONG = Reply(500, "5.5.2", "Line too long")
BARE_LINE_END = Reply(500, "5.5.2", "Syntax error, bare CR or LF")
INVALID_ARGUMENTS = Reply(501, "5.5.4", "Invalid arguments")
INVALID_DOMAIN = Reply(501, "5.5.4", "Invalid domain name")
INVALID_SENDER = Reply(501, "5.1.7", "Invalid address")
INVALID_RECIPIENT = Reply(501, "5.1.3", "Invalid address")
HELLO_FIRST = Reply(503, "5.5.2", "Send hello first")
SENDER_KNOWN = Reply(503, "5.5.2", "Sender already specified")
NEED_MAIL = Reply(503, "5.5.2", "Need mail command")
NEED_RCPT = Reply(503, "5.5.2", "Need rcpt command")
BAD_SEQUENCE = Reply(503, "5.5.2", "Bad sequence of commands")
BINARY_NEEDS_BDAT = Reply(503, "5.5.2", "BINARYMIME needs BDAT")
TLS_STANDS = Reply(503, "5.5.2", "TLS already started")
NO_SUCH_AUTHENTICATION = Reply(504, "5.7.4", "Unrecognized authentication type")
INVALID_CHARACTERS = Reply(550, "5.6.11", "Invalid characters")
TEXT_LINE_TOO_LONG = Reply(550, "5.6.0", "A line of the message is longer than 998 octets")
TOO_BIG = Reply(552, "5.3.4", "Message size exceeds fixed maximum message size")
NEEDS_SMTPUTF8 = Reply(553, "5.6.7", "An address that is not ASCII needs SMTPUTF8")
UNSUPPORTED_PARAMETER = Reply(555, "5.5.4", "Unsupported parameter")

COMMANDS = "HELO EHLO STARTTLS MAIL RCPT DATA BDAT RSET NOOP VRFY HELP QUIT"
HELP = Reply(214, "", f"This server supports the following commands:\n{COMMANDS}")


def chunk_received(octets: int) -> Reply:
    """The answer to a BDAT that is not the last one."""
    return Reply(250, "2.6.0", f"{octets} octets received")


def encode(reply: Reply) -> bytes:
    """A reply as it goes over the wire; each line of its text becomes one of the reply."""
    text = str(reply)
    if "\n" not in text:
        return f"{text}\r\n".encode()
    first, *others = text.split("\n")
    lines = [first[4:], *others]
    last = lines.pop()
    return "".join([*(f"{reply.code}-{line}\r\n" for line in lines), f"{reply.code} {last}\r\n"]).encode()
