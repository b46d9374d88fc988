"""What is public, and where it comes from: `lab` hands these names on when they are first asked for.

A name that only means something in its own module has a longer one here.
"""

from lab.analysis.run_result import RunResult as RunResult
from lab.errors import ArgumentError as ArgumentError
from lab.errors import DriverError as DriverError
from lab.errors import LabBug as LabBug
from lab.errors import Problem as Problem
from lab.errors import ScenarioError as ScenarioError
from lab.errors import WireError as WireError
from lab.evidence import expectations
from lab.model import steps as steps
from lab.model.certificate import CertFault as CertFault
from lab.model.decision import AttributionDecision as AttributionDecision
from lab.model.decision import AttributionFacts as AttributionFacts
from lab.model.decision import Basis as Basis
from lab.model.decision import Decision as Decision
from lab.model.decision import DecisionCandidate as DecisionCandidate
from lab.model.decision import Direction as Direction
from lab.model.decision import MailFlowRulesDecision as MailFlowRulesDecision
from lab.model.decision import Reason as Reason
from lab.model.decision import RoutingDecision as RoutingDecision
from lab.model.decision import Verdict as Verdict
from lab.model.decision import Why as Why
from lab.model.message import Message as Message
from lab.model.reply import Reply as Reply
from lab.model.steps import Step as Step
from lab.model.trace import Disposition as Disposition
from lab.model.trace import Hop as Hop
from lab.model.trace import HopHead as HopHead
from lab.model.trace import MessageTrace as MessageTrace
from lab.model.transport import Mailboxed as Mailboxed
from lab.reports.comparison import compared_variants
from lab.reports.comparison.compared_variants import Difference as Difference
from lab.reports.findings import audit_report
from lab.reports.findings.audit_report import Audit as Audit
from lab.reports.matrix import matrix_cells
from lab.reports.matrix.matrix_cells import Cell as Cell
from lab.session import Session as Session
from lab.words.decisions import reasons as reasons
from lab.words.decisions import story as story

Matrix = matrix_cells.JudgedMatrix
"""Who writes to whom, and what becomes of it."""
ChangeDirection = compared_variants.ChangeDirection
"""Whether a change is for the better or for the worse."""
ExpectationFinding = expectations.ExpectationResult
"""What became of one claim under `expect:`."""
CheckFinding = audit_report.ReportedFinding
"""What `check` has found."""
ChangedCell = compared_variants.MovedMail
"""A cell of the matrix that is another one after a change."""
ChangedFinding = compared_variants.ChangedFinding
"""A finding that came, went, or weighs more or less after a change."""
