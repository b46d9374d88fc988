"""Mailflow Lab: reproduce, explain and prevent mail that takes the wrong tenant.

The parts, highest first; a part imports only from parts below its own line, and import-linter holds us to it.

api          what is public: the names that this package hands on
cli          one file per verb of the command `mflab`                 session   the same for Python
analysis     questions about a whole configuration: the matrix
drivers      run a scenario: simulator, embedded lab, containers      reports   console, JSON, JUnit, diagrams
wire         the only part that speaks: SMTP, TLS, DNS, the queue     pki       certificates, right and wrong
nodes        the programs: Exchange, gateway, EOP, internet, service
scenario     the YAML language, and every mistake in it at once       evidence  the journal and the native logs
core         the decisions: facts in; verdict, reason and losers out
model        the nouns, frozen
errors       what is raised when it is nobody's verdict

`model`, `core` and `nodes` touch neither clock, dice, files nor sockets: those come in as arguments.

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
    "Turn",
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
