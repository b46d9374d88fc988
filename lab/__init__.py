"""Mailflow Lab: reproduce, explain and prevent mail that takes the wrong tenant.

The parts, highest first; a part imports only from parts below its own line, and import-linter holds us to it.

cli          one file per verb of the command `mflab`
analysis     questions about a whole configuration: the matrix
drivers      run a scenario: simulator, embedded lab, containers      reports   console, JSON, JUnit, diagrams
wire         the only part that speaks: SMTP, TLS, DNS, the queue     pki       certificates, right and wrong
nodes        the programs: Exchange, gateway, EOP, internet, service
scenario     the YAML language, and every mistake in it at once       evidence  the journal and the native logs
core         the decisions: facts in; verdict, reason and losers out
model        the nouns, frozen
errors       what is raised when it is nobody's verdict

`model`, `core` and `nodes` touch neither clock, dice, files nor sockets: those come in as arguments.
"""

__version__ = "0.1.0"
