import pickle

from lab.errors import Problem, ScenarioError, words_of
from lab.sentence import NOTHING, say, sentence

UNKNOWN, MEANT = sentence("unknown key"), sentence("did you mean {name}?", name="region")
MISSPELT = Problem("fault.yaml", 31, 5, "tenants.uclabor.regoin", UNKNOWN, MEANT)
MISSING = Problem("fault.yaml", 40, 1, "messages.offer", sentence("needs a `to`"))


def test_a_problem_reads_like_a_compiler_message():
    assert str(MISSPELT) == "fault.yaml:31:5: tenants.uclabor.regoin: unknown key (did you mean region?)"
    assert str(MISSING) == "fault.yaml:40:1: messages.offer: needs a `to`"


def test_a_scenario_error_tells_all_problems():
    assert str(ScenarioError((MISSPELT, MISSING))).splitlines() == [str(MISSPELT), str(MISSING)]


def test_a_scenario_error_survives_a_process_boundary():
    copy = pickle.loads(pickle.dumps(ScenarioError((MISSPELT,))))
    assert copy.problems == (MISSPELT,)


def test_an_error_is_told_by_its_sentence_or_in_the_words_of_others():
    assert words_of(ValueError(UNKNOWN)) == UNKNOWN
    assert str(words_of(ValueError("bad escape (end of pattern)"))) == "bad escape (end of pattern)"
    assert words_of(ValueError()) == NOTHING


def test_another_language_is_one_more_table():
    german = {"unknown key": "unbekannter Schlüssel", "did you mean {name}?": "ist {name} gemeint?"}
    assert say(MISSPELT.told, german) == "unbekannter Schlüssel (ist region gemeint?)"
