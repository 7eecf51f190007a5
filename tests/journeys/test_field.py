"""A worker's phone loses its network, records, comes back: in a real browser, with its real storage."""

import json
import re
from datetime import timedelta
from time import monotonic, sleep
from uuid import uuid4

import pytest

from linli.alerts import actions
from linli.core import clock
from linli.core.actors import SYSTEM
from linli.duties import actions as duties
from linli.duties.actions import NewTask
from linli.duties.rules import HOUSEHOLD_SILENCE
from linli.grid import actions as grid
from linli.grid.models import Device
from linli.grid.queries import list_holders
from linli.rounds.models import Answer, Attempt

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

DUMP = """async () => {
  const asked = indexedDB.open("linli-field");
  const base = await new Promise((done) => { asked.onsuccess = () => done(asked.result); });
  const names = ["keep", "mine", "records"];
  const whole = base.transaction(names);
  const rows = await Promise.all(names.map((name) => new Promise((done) => {
    const asked = whole.objectStore(name).getAll(); asked.onsuccess = () => done(asked.result); })));
  base.close();
  const plain = (one) => one instanceof ArrayBuffer || ArrayBuffer.isView(one)
    ? new TextDecoder("latin1").decode(one) : one instanceof CryptoKey ? `key ${one.extractable}` : one;
  const seen = JSON.stringify(rows, (_key, one) => plain(one));
  const pages = [];
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    for (const one of await cache.keys()) pages.push(one.url + "\\n" + await (await cache.match(one)).text());
  }
  return { list: rows[0].filter((one) => one?.ct).length, mine: rows[1].length, records: rows[2].length, seen, pages };
}"""


@pytest.fixture
def alert(cast, issued):
    """A notice whose visits are due: Zhou's three doors."""
    found = issued()
    cell = cast.place("001-1-1")
    holder = list_holders([cell.path])[cell.path][0]
    new = NewTask(HOUSEHOLD_SILENCE, cell.pk, cell.path, holder, clock.now() + timedelta(hours=4))
    duties.open_tasks(actor=SYSTEM, source=("alerts", str(found.pk)), tasks=[new])
    return found


@pytest.fixture
def phone(street, alert):
    page = street.open("zhou", width=390)
    page.goto("/field/")
    page.wait_for_selector(".door-row")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    until(lambda: page.evaluate("navigator.serviceWorker.controller !== null"))
    return page


def record(page, at, outcome):
    page.locator(".door-row .field-open").nth(at).click()
    page.get_by_role("button", name=outcome, exact=True).click()
    page.locator("#field-sheet").wait_for(state="hidden")


def waiting(page):
    return page.locator("#field-waiting").inner_text()


def test_a_phone_goes_offline_records_and_everything_is_stored_once(street, phone, cast):
    street.check(phone)
    context = phone.context
    context.set_offline(True)
    phone.reload()
    phone.wait_for_selector(".door-row")
    assert phone.locator("#field-offline").is_visible()
    record(phone, 0, "Spoken to")
    record(phone, 1, "Not at home")
    record(phone, 2, "Refused")
    phone.get_by_role("button", name=re.compile("Undo.*301")).click()
    until(lambda: waiting(phone) == "2 not sent yet")
    street.check(phone)
    phone.close()
    assert Attempt.objects.count() == 0

    again = context.new_page()
    again.goto("/field/")  # still without network, in a new page
    again.wait_for_selector(".door-row")
    assert waiting(again) == "2 not sent yet"
    again.goto("/places")  # any other page leads to the list
    again.wait_for_selector(".door-row")
    context.set_offline(False)
    again.goto("/field/")
    until(lambda: Attempt.objects.count() == 2 and waiting(again) == "")  # before its script the page says nothing too
    outcomes = sorted(Attempt.objects.values_list("member", "outcome"))
    assert outcomes == [(cast.households[0].pk, "spoken_to"), (cast.households[1].pk, "not_at_home")]
    assert Answer.objects.filter(how="at_door", withdrawn_at=None).count() == 1
    again.reload()
    again.wait_for_selector(".door-row")
    until(lambda: again.locator(".door-row").count() == 2)
    assert Attempt.objects.count() == 2


def test_what_the_phone_keeps_names_nobody(phone, cast):
    phone.context.set_offline(True)
    record(phone, 0, "Not at home")
    kept = phone.evaluate(DUMP)
    assert (kept["list"], kept["mine"], kept["records"]) == (1, 1, 1)
    names = [one.name for one in cast.households] + ["周大勇", "暴雨", "住户", "1单元", "zhou", "not_at_home"]
    everything = kept["seen"] + "".join(kept["pages"]).replace('value="not_at_home"', "").replace(
        'data-outcome="not_at_home"', ""
    )
    found = [name for name in names if name in everything or json.dumps(name)[1:-1] in everything]
    assert found == []
    assert "key false" in kept["seen"]  # a key that scripts can use and not read
    addresses = {
        one.split("\n", 1)[0].split("?")[0].removeprefix(phone.url.split("/field")[0]) for one in kept["pages"]
    }
    assert all(one == "/field/" or one.startswith("/static/") for one in addresses), addresses


def test_signing_out_clears_the_list_and_keeps_what_was_not_sent(street, phone, cast):
    phone.context.set_offline(True)
    record(phone, 0, "Spoken to")
    phone.context.set_offline(False)
    phone.goto("/account")
    # before anything is sent
    kept = phone.evaluate(DUMP)
    assert kept["records"] == 1
    phone.locator("summary.top-button").click()
    phone.get_by_role("button", name="Sign out").click()
    phone.wait_for_url("**/sign-in")
    kept = phone.evaluate(DUMP)
    assert (kept["list"], kept["mine"], kept["records"]) == (0, 0, 1)
    # Somebody else signs in on this phone: nothing of hers is sent for her, and nothing is lost.
    phone.context.add_cookies([{"name": "linli", "value": street.session_of("li"), "url": street.url}])
    phone.goto("/field/")
    phone.get_by_text("1 more wait for somebody else").wait_for()
    assert Attempt.objects.count() == 0
    phone.context.add_cookies([{"name": "linli", "value": street.session_of("zhou"), "url": street.url}])
    phone.goto("/field/")
    phone.wait_for_selector(".door-row")
    phone.wait_for_timeout(500)
    phone.get_by_role("button", name="Fetch the list again").click()
    phone.locator("#field-others").wait_for(state="hidden")
    until(lambda: Attempt.objects.count() == 1)
    assert Attempt.objects.get().by == f"account:{cast.accounts['zhou'].pk}"


def test_signing_out_without_network_holds_when_it_is_back(phone):
    phone.context.set_offline(True)
    phone.reload()
    phone.get_by_role("button", name="Sign out").click()
    phone.locator("#field-none").wait_for()
    phone.context.set_offline(False)
    phone.goto("/field/")
    phone.locator("#field-door").wait_for()
    assert phone.evaluate(DUMP)["list"] == 0
    phone.goto("/account")
    assert "/sign-in" in phone.url


def test_a_revoked_phone_is_cleared_at_the_next_contact(phone, cast):
    phone.context.set_offline(True)
    record(phone, 0, "Refused")
    grid.revoke_device(actor=cast.actor("zhou"), device_id=Device.objects.get().pk)
    assert phone.evaluate(DUMP)["list"] == 1
    phone.context.set_offline(False)
    phone.goto("/field/")
    phone.locator("#field-lost").wait_for()
    kept = phone.evaluate(DUMP)
    assert (kept["list"], kept["mine"], kept["records"]) == (0, 0, 1)


@pytest.mark.parametrize(("hours", "left"), [(71, 1), (73, 0)])
def test_after_three_days_the_list_is_gone(phone, hours, left):
    phone.context.set_offline(True)
    record(phone, 0, "Refused")
    page = phone.context.new_page()
    page.clock.install(time=(clock.now() + timedelta(hours=hours)).timestamp())
    page.goto("/field/")
    page.locator(".door-row" if left else "#field-none").first.wait_for()
    kept = page.evaluate(DUMP)
    assert (kept["list"], kept["records"]) == (left, 1)
    page.clock.set_system_time(clock.now().timestamp())  # setting the clock back brings nothing back
    page.reload()
    page.wait_for_timeout(500)
    assert page.evaluate(DUMP)["list"] == left


def test_the_key_of_yesterday_opens_nothing_today(street, phone, time_machine):
    phone.evaluate("self.fieldStore.readList().then((list) => { self.yesterday = list.key; })")
    time_machine.move_to(clock.now() + timedelta(days=1))
    phone.context.add_cookies([{"name": "linli", "value": street.session_of("zhou"), "url": street.url}])
    phone.get_by_role("button", name="Fetch the list again").click()
    phone.wait_for_timeout(1_500)
    tried = phone.evaluate(
        "async () => { const list = await self.fieldStore.readList();"
        " return self.fieldSeal.unseal(self.yesterday, list).then(() => 'open', () => list.day); }"
    )
    assert tried == clock.today().isoformat()


def test_a_conflict_is_shown_and_decided_on_the_phone(street, phone, cast, alert):
    phone.context.set_offline(True)
    record(phone, 0, "Dwelling vacant")
    actions.record_knock(
        actor=cast.actor("li"), alert=alert, household=cast.households[0].pk, outcome="refused", attempt_id=uuid4()
    )
    phone.context.set_offline(False)
    phone.get_by_role("button", name="Send now").click()
    phone.get_by_text("Somebody else has recorded something different there. Refused · 李梅").wait_for()
    street.check(phone)
    assert Attempt.objects.count() == 1
    phone.get_by_role("button", name="Record mine too").click()
    until(lambda: Attempt.objects.count() == 2)
    phone.locator("#field-look").wait_for(state="hidden")


def until(true, seconds=20):
    end = monotonic() + seconds
    while not true():
        assert monotonic() < end
        sleep(0.1)
