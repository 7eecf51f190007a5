"""The words of pages stand beside the rules that they are the words of."""

from linli.grid.rules import PERMISSIONS
from linli.grid.words import ACT_WORDS, BREACH_WORDS, PERMISSION_WORDS, act_words


def test_every_permission_has_words():
    assert list(PERMISSION_WORDS) == list(PERMISSIONS)
    assert set(BREACH_WORDS) == {"seats", "places", "combination"}


def test_an_act_without_words_is_shown_by_its_name():
    assert act_words("reveal_phone_of_nobody") == "reveal phone of nobody"
    assert act_words("appoint") == str(ACT_WORDS["appoint"])
