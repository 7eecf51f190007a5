"""The pages behind links: what a household sees and taps, and what everybody else can't."""

import logging
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.html import strip_tags

from linli.alerts import actions
from linli.alerts.models import Alert
from linli.core import clock, logs
from linli.core.actors import SYSTEM
from linli.messages import actions as messages
from linli.messages.models import PersonalLink
from linli.messages.rules import HOUSEHOLD, RELATIVE
from linli.residents.models import GroupMark, Person
from linli.rounds.models import Answer

HIDDEN = re.compile(r'name="(\w+)" value="([^"]*)"')


def links_of(household, **more):
    wanted = [messages.Wanted(subject=household.pk, **more)]
    ends = clock.now() + timedelta(days=1)
    return messages.make_links(actor=SYSTEM, purpose=HOUSEHOLD, wanted=wanted, expires_at=ends)[0]


def open_home(household, **more):
    """A phone on which the household's link was opened."""
    phone = Client(enforce_csrf_checks=True)
    assert phone.get(f"/l/{links_of(household, **more)}").status_code == 303
    return phone


def form_of(response, at=0):
    """The hidden fields of a form of the page."""
    form = re.findall(r"<form.*?</form>", response.content.decode(), re.DOTALL)[at]
    return dict(HIDDEN.findall(form))


def confirm(phone, **changes):
    return phone.post("/n/confirm", {**form_of(phone.get("/n/")), **changes})


def answers():
    return list(Answer.objects.filter(withdrawn_at=None).exclude(how="issued").values_list("member", "how"))


@pytest.fixture
def home(cast, issued):
    issued()
    return cast.households[0]


# What a household sees and taps ---------------------------------------------------------------------------------------


def test_one_tap_confirms_and_thanks(home):
    phone = open_home(home)
    page = phone.get("/n/")
    assert "暴雨红色预警" in page.content.decode()
    assert answers() == []
    done = confirm(phone)
    assert (done.status_code, done["Location"]) == (303, "/n/")
    assert answers() == [(home.pk, "own_tap")]
    after = phone.get("/n/").content.decode()
    assert "notice-confirm" not in after
    assert "/n/confirm" not in after
    assert 'class="thanks"' in after


def test_the_relative_who_answers_for_them_is_told_apart(home):
    confirm(open_home(home, answers_as=RELATIVE))
    assert answers() == [(home.pk, "relative")]


def test_the_page_shows_the_door_half_hidden_and_nobody_s_name(home, cast):
    text = open_home(home).get("/n/").content.decode()
    assert "1栋 1单元 1**" in text
    assert "101" not in strip_tags(text), "marks of files may hold any digits, what is read may not"
    for name in [*Person.objects.values_list("name", flat=True), home.name, "陈书琴"]:
        assert name not in text


def test_a_protected_home_sees_no_address_at_all(home):
    home.protected = True
    home.save()
    text = open_home(home).get("/n/").content.decode()
    assert "1栋" not in text
    assert "1号微网格" in text


def test_every_running_notice_has_its_own_button_the_newest_first(home, issued):
    issued("wang", "001")
    page = open_home(home).get("/n/").content.decode()
    assert page.count('action="/n/confirm"') == 2


def test_a_notice_for_a_group_is_shown_to_its_people_only(cast, issued):
    with_elder, without = cast.households[:2]
    person = Person.objects.filter(memberships__household=with_elder).first()
    GroupMark.objects.create(person=person, group="elderly", from_on=clock.today())
    issued(groups=["elderly"])
    assert open_home(with_elder).get("/n/").content.decode().count('action="/n/confirm"') == 1
    assert open_home(without).get("/n/").content.decode().count('action="/n/confirm"') == 0


def test_the_text_is_in_the_chosen_language_else_in_the_household_s(home):
    phone = open_home(home)
    assert "Red rainstorm warning" not in phone.get("/n/", headers={"accept-language": "zh-CN"}).content.decode()
    Person.objects.filter(memberships__household=home).update(language="en")
    spoken = phone.get("/n/", headers={"accept-language": "zh-CN"})
    assert "Red rainstorm warning" in spoken.content.decode()
    assert '<html lang="en">' in spoken.content.decode()
    chosen = phone.get("/n/?language=zh-hans")
    assert "暴雨红色预警" in chosen.content.decode()
    assert "暴雨红色预警" in phone.get("/n/").content.decode()


def test_forgetting_takes_the_home_off_the_phone(home):
    phone = open_home(home)
    page = phone.get("/n/")
    forget = form_of(page, at=-1)
    gone = phone.post("/n/forget", forget)
    assert gone["Clear-Site-Data"] == '"cache"'
    assert gone.cookies["linli_link"].value == ""
    assert gone.cookies["linli_link"]["path"] == "/n/"
    assert phone.get("/n/").status_code == 404
    assert phone.get("/n/forgotten").status_code == 200


def test_the_page_works_without_script_and_is_light(home):
    import gzip

    from linli.config.settings import PACKAGE

    page = open_home(home).get("/n/").content
    files = ["vendor/bootstrap.min.css", "core/static/linli/linli.css", "core/static/linli/linli.js"]
    files += ["core/static/linli/icons.svg", "alerts/static/alerts/public.css"]
    weight = len(gzip.compress(page)) + sum(len(gzip.compress((PACKAGE / name).read_bytes())) for name in files)
    assert weight < 100_000
    assert b"htmx" not in page.replace(b"htmx-config", b"")


def test_the_number_of_queries_is_the_same_for_one_notice_and_for_three(home, issued):
    phone = open_home(home)

    def count():
        with CaptureQueriesContext(connection) as captured:
            assert phone.get("/n/").status_code == 200
        return len(captured)

    first = count()
    issued("wang", "001")
    issued("chen", groups=["elderly"])
    assert count() <= first + 1  # who is in which group is read only where a notice is for groups
    issued("wang", "001", groups=["infant"])
    assert count() <= first + 1
    assert first <= 9


# What confirms nothing ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("agent", ["Mozilla/5.0", "WhatsApp/2.23", "Slackbot-LinkExpanding 1.0", "MicroMessenger"])
@pytest.mark.parametrize("method", ["get", "head"])
def test_looking_confirms_nothing(home, method, agent):
    token = links_of(home)
    robot = Client(headers={"user-agent": agent})
    for address in (f"/l/{token}", "/n/"):
        getattr(robot, method)(address)
    assert robot.get(f"/l/{token}", follow=True).status_code == 200
    assert answers() == []


@pytest.mark.parametrize("method", ["get", "head", "put", "delete", "options"])
def test_only_a_post_confirms(home, method):
    phone = open_home(home)
    form = form_of(phone.get("/n/"))
    assert getattr(phone, method)("/n/confirm", form).status_code == 405
    assert answers() == []


def test_a_post_to_the_link_itself_is_refused(home):
    assert Client().post(f"/l/{links_of(home)}").status_code == 405


def test_a_replayed_post_counts_once(home):
    phone = open_home(home)
    form = form_of(phone.get("/n/"))
    for _again in range(3):
        assert phone.post("/n/confirm", form).status_code == 303
    assert answers() == [(home.pk, "own_tap")]


def test_a_form_without_its_proof_or_with_another_id_confirms_nothing(home, cast):
    phone = open_home(home)
    form = form_of(phone.get("/n/"))
    without = {name: value for name, value in form.items() if name != "proof"}
    assert phone.post("/n/confirm", without).status_code == 403
    assert phone.post("/n/confirm", {**form, "proof": "x" * 43}).status_code == 403
    assert phone.post("/n/confirm", {**form, "receipt_id": str(uuid4())}).status_code == 403
    assert answers() == []


def test_a_form_of_another_household_s_page_confirms_nothing(home, cast):
    """Cross-site request forgery: the attacker has a link of her own and makes the victim's phone send her form."""
    attacker = open_home(cast.households[1])
    victim = open_home(home)
    assert victim.post("/n/confirm", form_of(attacker.get("/n/"))).status_code == 403
    assert answers() == []


def test_a_notice_elsewhere_can_t_be_confirmed(cast, issued):
    elsewhere = issued("sun", "002")
    phone = open_home(cast.households[0])
    assert str(elsewhere.pk) not in phone.get("/n/").content.decode()


def test_a_notice_that_ended_meanwhile_takes_no_receipt(home, cast):
    phone = open_home(home)
    form = form_of(phone.get("/n/"))
    actions.cancel_alert(actor=cast.actor("chen"), alert=Alert.objects.get(), reason="误发")
    assert phone.post("/n/confirm", form).status_code == 303
    assert answers() == []


# Links that don't open ------------------------------------------------------------------------------------------------


def test_unknown_expired_and_revoked_look_alike(home):
    ended, revoked, shared = (links_of(home) for _one in range(3))
    found = PersonalLink.objects.order_by("pk")
    PersonalLink.objects.filter(pk=found[0].pk).update(expires_at=clock.now())
    PersonalLink.objects.filter(pk=found[1].pk).update(revoked_at=clock.now())
    PersonalLink.objects.filter(pk=found[2].pk).update(purpose="shared")
    pages = {Client().get(f"/l/{token}").content for token in (ended, revoked, shared, "x" * 32, "短")}
    # the languages' addresses carry no token, so the pages are equal to the byte
    assert len(pages) == 1
    assert Client().get(f"/l/{ended}").status_code == 404


def test_revoking_ends_an_open_page(home):
    phone = open_home(home)
    form = form_of(phone.get("/n/"))
    messages.revoke_links(actor=SYSTEM, purpose=HOUSEHOLD, subject=home.pk)
    assert phone.get("/n/").status_code == 404
    assert phone.post("/n/confirm", form).status_code == 404
    assert answers() == []


def test_a_cookie_holds_half_an_hour(home, after):
    phone = open_home(home)
    after(31)
    assert phone.get("/n/").status_code == 404


@pytest.mark.parametrize("value", ["household:1", "household:1:x:y", "shared:1", "", "x" * 4_000])
def test_a_forged_cookie_opens_nothing(home, value):
    links_of(home)
    phone = Client()
    phone.cookies["linli_link"] = value
    assert phone.get("/n/").status_code == 404
    assert phone.get("/s/").status_code == 404


def test_a_household_s_link_is_no_shared_link(home):
    token = links_of(home)
    assert Client().get(f"/s/{token}").status_code == 404
    phone = open_home(home)
    phone.cookies["linli_link"]["path"] = "/"
    assert phone.get("/s/").status_code == 404


def test_guessing_tokens_is_slowed_down_and_true_ones_still_open(home):
    guesser = Client()
    seen = [guesser.get(f"/l/{number:032d}").status_code for number in range(25)]
    assert seen == [404] * 20 + [429] * 5
    assert guesser.get(f"/l/{links_of(home)}").status_code == 303


# What travels ---------------------------------------------------------------------------------------------------------


def test_no_page_says_where_it_came_from_or_is_stored(home):
    token = links_of(home)
    phone = Client()
    answered = [phone.get(address) for address in (f"/l/{token}", "/n/", "/n/forgotten", f"/l/{'x' * 32}", "/s/")]
    answered += [phone.post("/n/confirm"), phone.get("/s/done"), phone.post("/s/confirm")]
    for response in answered:
        assert response["Referrer-Policy"] == "no-referrer"
        assert response["Cache-Control"] == "no-store"


def test_the_cookie_is_kept_close(home, settings):
    settings.SESSION_COOKIE_SECURE = True
    phone = Client()
    token = links_of(home)
    opened = phone.get(f"/l/{token}")
    cookie = opened.cookies["linli_link"]
    assert cookie["httponly"]
    assert cookie["secure"]
    assert (cookie["samesite"], cookie["path"], cookie["max-age"]) == ("Lax", "/n/", 1800)
    assert token not in cookie.value
    assert opened["Location"] == "/n/"
    phone.get("/n/")
    assert list(phone.cookies) == ["linli_link"]


def test_the_token_is_in_no_log(home, caplog, capsys):
    token, unknown = links_of(home), "UNKNOWN-token_0123456789abcdef"
    kept = logging.getLogger().handlers[:]
    logs.configure(level="DEBUG")
    try:
        Client().get(f"/l/{token}", follow=True)
        Client().get(f"/l/{unknown}")
        Client().get(f"/s/{unknown}")
        Client().post(f"/l/{token}")
    finally:
        said = capsys.readouterr()
        logging.getLogger().handlers[:] = kept
    assert "l/<str:token>" in said.err
    assert token not in said.err + said.out
    assert unknown not in said.err + said.out


def test_a_chosen_language_from_elsewhere_is_ignored(home):
    phone = open_home(home)
    page = phone.get("/n/?language=%3Cscript%3E")
    assert page.status_code == 200
    assert "linli_language" not in page.cookies


# Two at once ----------------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_two_taps_at_once_count_once(cast, issued):
    issued()
    home = cast.households[0]
    phones = [open_home(home) for _one in range(4)]
    forms = [form_of(phone.get("/n/")) for phone in phones]

    def tap(at):
        try:
            return phones[at].post("/n/confirm", forms[at]).status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(tap, range(4))) == [303] * 4
    assert answers() == [(home.pk, "own_tap")]


def test_the_addresses():
    assert reverse("link-open", args=["t"]) == "/l/t"
    assert reverse("shared-open", args=["t"]) == "/s/t"
