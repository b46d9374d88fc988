"""Mailflow Lab: reproduce, explain and prevent mail that takes the wrong tenant.

The packages, highest first; one imports only from those below its own line, and import-linter holds us to it.

api          what is public: the names that this package hands on
cli          the command `mflab`: one file per verb                 session    the same for Python programs
analysis     questions about a whole configuration: matrix, checks, hunt, diagnosis, sweep
drivers      run a scenario: simulator, embedded lab, containers    reports    what a run left behind, for people and programs
             importers: exports of real systems to a scenario
wire         the only package that speaks: SMTP, TLS, DNS, queue    gateways   settings of real mail servers
pki          certificates, right and wrong
nodes        the mail systems: Exchange, gateway, Exchange Online, internet, Microsoft's services
             evidence: the journal, message traces, each administrator's logs
scenario     the YAML language, and every mistake in it at once
words        reasons, steps and decisions as sentences
core         the decisions: facts in; verdict, reason and losers out
model        frozen values
errors       what is raised when it is nobody's verdict
sentence     a template with named parameters, said last

`model`, `core` and `nodes` touch neither clock, dice, files nor sockets: those come in as arguments.
docs/architecture.md shows the way of a message through them.

Public is what `__all__` names, and nothing else; docs/api.md tells how to use it, and what is stable. To import `lab` loads
none of it: each name is fetched when it is first asked for.
"""

TYPE_CHECKING = False  # as typing's, which would be one more module to load

__version__ = "0.1.0"

__all__ = [
    "ArgumentError",
    "AttributionDecision",
    "AttributionFacts",
    "Audit",
    "Basis",
    "Cell",
    "CertFault",
    "ChangeDirection",
    "ChangedCell",
    "ChangedFinding",
    "CheckFinding",
    "Decision",
    "DecisionCandidate",
    "Difference",
    "Direction",
    "Disposition",
    "DriverError",
    "ExpectationFinding",
    "Hop",
    "HopHead",
    "LabBug",
    "MailFlowRulesDecision",
    "Mailboxed",
    "Matrix",
    "Message",
    "MessageTrace",
    "Problem",
    "Reason",
    "Reply",
    "RoutingDecision",
    "RunResult",
    "ScenarioError",
    "Session",
    "Step",
    "Verdict",
    "Why",
    "WireError",
    "__version__",
    "reasons",
    "steps",
    "story",
]

if TYPE_CHECKING:
    from lab.api import *
else:

    def __getattr__(name):
        """Fetch a public name."""
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from lab import api

        found = globals()[name] = getattr(api, name)
        return found


def __dir__() -> list[str]:
    return __all__
