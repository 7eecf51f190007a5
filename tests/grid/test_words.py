"""The words of pages stand beside the rules that they are the words of."""

import re
from pathlib import Path

import linli
from linli.grid.rules import PERMISSIONS
from linli.grid.words import ACT_WORDS, BREACH_WORDS, PERMISSION_WORDS, act_words


def test_every_permission_has_words():
    assert list(PERMISSION_WORDS) == list(PERMISSIONS)
    assert set(BREACH_WORDS) == {"seats", "places", "combination"}


def test_an_act_without_words_is_shown_by_its_name():
    assert act_words("reveal_phone_of_nobody") == "reveal phone of nobody"
    assert act_words("appoint") == str(ACT_WORDS["appoint"])


def test_every_act_of_the_trail_has_words():
    written = re.compile(r'record(?:_many)?\(\s*[\w.]+, "([a-z_]+)"')
    acts = {
        act for path in Path(linli.__file__).parent.rglob("*.py") for act in written.findall(path.read_text("utf-8"))
    }
    assert len(acts) > 40
    assert acts - set(ACT_WORDS) == set(), "say in linli/grid/words.py how the audit trail calls these"
