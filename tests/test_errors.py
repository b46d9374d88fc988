import pickle

from lab.errors import Problem, ScenarioError

MISSPELT = Problem("fault.yaml", 31, 5, "tenants.uclabor.regoin", "unknown key", "did you mean region?")
MISSING = Problem("fault.yaml", 40, 1, "messages.offer", "needs a `to`")


def test_a_problem_reads_like_a_compiler_message():
    assert str(MISSPELT) == "fault.yaml:31:5: tenants.uclabor.regoin: unknown key (did you mean region?)"
    assert str(MISSING) == "fault.yaml:40:1: messages.offer: needs a `to`"


def test_a_scenario_error_tells_all_problems():
    assert str(ScenarioError((MISSPELT, MISSING))).splitlines() == [str(MISSPELT), str(MISSING)]


def test_a_scenario_error_survives_a_process_boundary():
    copy = pickle.loads(pickle.dumps(ScenarioError((MISSPELT,))))
    assert copy.problems == (MISSPELT,)
