"""The check of the languages itself: it finds each kind of fault, and reads what gettext writes."""

import pytest

from tests.languages import Unreadable, faults_of, read_po, texts_of_module, texts_of_template

MODULE = """
from django.utils.translation import gettext_lazy as _, ngettext, pgettext
_("One " "text")
ngettext("%(n)s knock", "%(n)s knocks", n)
pgettext("noun", "Round")
_(WORDS[code])
for _x in names: _x("not a text")
"""
PO = """msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\\n"

#, python-format
msgid "%(n)s knock"
msgid_plural "%(n)s knocks"
msgstr[0] "%(n)s次敲门"

msgctxt "noun"
msgid "Round"
msgstr "轮次"

msgid "One text"
msgstr ""
"一段"
"文字"
"""


def test_texts_of_python_are_found():
    assert {key: used.plural for key, used in texts_of_module(MODULE, "a.py")} == {
        ("", "One text"): "",
        ("", "%(n)s knock"): "%(n)s knocks",
        ("noun", "Round"): "",
    }


def test_a_text_put_together_while_running_is_refused():
    source = "from django.utils.translation import gettext as _\n"
    with pytest.raises(Unreadable):
        list(texts_of_module(source + "_(f'{n} knocks')", "a.py"))


def test_texts_of_templates_are_found():
    page = """{% load i18n %}{% translate "Save" %} {% translate "Round" context "noun" as round %}
        <p title="{% translate 'Your day' %}">{% blocktranslate trimmed count n=n %}
            {{ n }} knock
        {% plural %}
            {{ n }} knocks
        {% endblocktranslate %}</p>{{ name|default:_("nobody") }}"""
    assert {key: used.plural for key, used in texts_of_template(page, "a.html")} == {
        ("", "Save"): "",
        ("noun", "Round"): "",
        ("", "Your day"): "",
        ("", "%(n)s knock"): "%(n)s knocks",
        ("", "nobody"): "",
    }


def faults(po: str) -> list[str]:
    return list(faults_of(dict(texts_of_module(MODULE, "a.py")), read_po(po)))


def test_a_complete_catalogue_has_no_faults():
    assert faults(PO) == []
    assert read_po(PO)["", "One text"].translations == ["一段文字"]


@pytest.mark.parametrize(
    ("before", "after", "fault"),
    [
        ('msgstr "轮次"', 'msgstr ""', "not translated"),
        ('msgctxt "noun"\n', "", "not translated"),
        ("#, python-format", "#, fuzzy, python-format", "fuzzy"),
        ("%(n)s次敲门", "%(m)s次敲门", "placeholders"),
        ("%(n)s knocks", "many knocks", "plural"),
        ('msgid "One text"', 'msgid "Two texts"', "used no more"),
        ('msgid "One text"', '#~ msgid "Old"\n#~ msgstr "旧"\n\nmsgid "One text"', "used no more"),
    ],
)
def test_each_fault_is_found(before, after, fault):
    assert any(fault in one for one in faults(PO.replace(before, after)))
