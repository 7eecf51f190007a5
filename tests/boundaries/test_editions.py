"""A newer edition of the official tables: brought in, looked at, chosen from, taken over, undone."""

import io
import zipfile
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from linli.boundaries import actions, imports, jobs, queries
from linli.boundaries.imports import read_edition
from linli.boundaries.models import Edition, EditionDifference, Redrawing
from linli.boundaries.queries import Wanted
from linli.core import clock
from linli.core.actors import SYSTEM
from linli.core.errors import Conflict, Forbidden, Invalid, Missing
from linli.grid import actions as grid
from linli.grid.models import Appointment, Place
from linli.grid.queries import read_headcounts
from tests.boundaries.test_programs import run
from tests.boundaries.wishes import PAPER

TOP = {
    "provinces.csv": "code,name\n36,江西省\n",
    "cities.csv": "code,name,provinceCode\n3601,南昌市,36\n",
    "areas.csv": "code,name,cityCode,provinceCode\n360103,西湖区,3601,36\n",
}
COMMUNITIES = [("360103001001", "二郎庙社区居委会"), ("360103001002", "象山社区居委会")]


def write_tables(folder, *, streets=(("360103001", "南浦街道"),), communities=COMMUNITIES):
    """A folder of tables in which only what is given is otherwise."""
    for name, text in TOP.items():
        (folder / name).write_text(text, encoding="utf-8")
    rows = "".join(f"{code},{name},360103,3601,36\n" for code, name in sorted(streets))
    (folder / "streets.csv").write_text(f"code,name,areaCode,cityCode,provinceCode\n{rows}", encoding="utf-8")
    rows = "".join(f"{code},{name},{code[:9]},360103,3601,36\n" for code, name in sorted(communities))
    head = "code,name,streetCode,areaCode,cityCode,provinceCode\n"
    (folder / "villages.csv").write_text(head + rows, encoding="utf-8")
    return folder


def damaged_within():
    """A packed file whose list of contents is whole and whose contents are not."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("villages.csv", "".join(f"{number},名{number}\n" for number in range(20_000)))
    data = bytearray(out.getvalue())
    data[60:400] = b"\xff" * 340
    return SimpleUploadedFile("a.zip", bytes(data))


def bring(folder, actor=SYSTEM, **more):
    return actions.take_edition(actor=actor, name="2027年版", batches=read_edition(folder), **more)


def take_over(edition, actor=SYSTEM, **wanted):
    choice = actions.choose_differences(
        actor=actor, edition_id=edition.pk, wanted=Wanted(**wanted), on=clock.today(), paper=PAPER
    )
    actions.apply_choices(actor=actor, edition=edition)
    return {key: n for key, n in queries.count_settled(choice=choice).items() if n}


def states(edition):
    return {(one.what, one.code): (one.state, one.why) for one in edition.differences.all()}


def households(code):
    place = Place.objects.get(code=code)
    return read_headcounts(places=[(place.pk, place.path)], unit="household")[place.pk].count


def test_nothing_differs_from_itself(cast, names, tmp_path):
    made = bring(write_tables(tmp_path, communities=[one for one in names.items() if len(one[0]) == 12]))
    assert made.differences.count() == 0


def test_added_and_renamed_are_taken_over_once_and_undone(cast, names, tmp_path):
    communities = [("360103001001", "二郎庙新社区居委会"), ("360103001003", "新建社区居委会"), *list(names.items())]
    communities = list({code: name for code, name in reversed(communities) if len(code) == 12}.items())
    streets = [("360103001", names["360103001"]), ("360103077", "新设街道")]
    edition = bring(write_tables(tmp_path, streets=streets, communities=communities))
    assert set(states(edition)) == {("added", "360103077"), ("added", "360103001003"), ("renamed", "360103001001")}
    assert Place.objects.get(code="360103001001").name == names["360103001001"]  # nothing is changed by comparing
    assert take_over(edition) == {"taken": 3}
    place = Place.objects.get(code="360103001001")
    assert (place.name, place.past.get().name) == ("二郎庙新社区居委会", names["360103001001"])
    assert Place.objects.get(code="360103001003").parent.code == "360103001"
    assert Place.objects.get(code="360103077").from_on == clock.today()
    row = edition.differences.get(what="renamed")
    assert (row.redrawing.paper, row.redrawing.on, row.redrawing.kind) == (PAPER, clock.today(), "edition")
    with pytest.raises(Conflict):
        take_over(edition)  # nothing is left to be decided
    assert bring(tmp_path).differences.count() == 0  # and the same edition again finds nothing
    actions.undo_redrawing(actor=SYSTEM, redrawing_id=row.redrawing_id)
    assert Place.objects.get(code="360103001001").name == names["360103001001"]
    assert EditionDifference.objects.get(pk=row.pk).state == "open"
    assert take_over(edition) == {"taken": 1}
    for found in Redrawing.objects.filter(kind="edition", state="done").order_by("-id"):
        actions.undo_redrawing(actor=SYSTEM, redrawing_id=found.pk)
    assert Place.objects.get(code="360103077").until_on == clock.today()


def test_another_code_takes_everybody_along(cast, names, tmp_path):
    communities = [(code.replace("360103001", "360103009"), name) for code, name in names.items() if len(code) == 12]
    edition = bring(write_tables(tmp_path, streets=[("360103009", names["360103001"])], communities=communities))
    assert states(edition) == {
        ("recoded", "360103009"): ("open", ""),
        ("moved", "360103009001"): ("open", ""),
        ("moved", "360103009002"): ("open", ""),
    }
    before, holders = households("360103001"), Appointment.objects.filter(until_at=None).count()
    assert take_over(edition) == {"taken": 1, "already": 2}  # the communities went along with their street
    assert (households("360103009"), households("360103001")) == (before, 0)
    assert Appointment.objects.filter(until_at=None).count() == holders
    assert Place.objects.get(code="360103001").until_on == clock.today()
    assert cast.actor("wang").may("register.see", Place.objects.get(code="360103009001").path)
    found = edition.differences.get(what="recoded").redrawing
    actions.undo_redrawing(actor=SYSTEM, redrawing_id=found.pk)
    assert (households("360103009"), households("360103001")) == (0, before)


def test_a_community_moves_to_a_street_that_the_edition_adds(cast, names, tmp_path):
    communities = [("360103001001", names["360103001001"]), ("360103077002", names["360103001002"])]
    streets = [("360103001", names["360103001"]), ("360103077", "新设街道")]
    edition = bring(write_tables(tmp_path, streets=streets, communities=communities))
    assert set(states(edition)) == {("added", "360103077"), ("moved", "360103077002")}
    assert take_over(edition, what="moved") == {"refused": 1}
    assert states(edition)["moved", "360103077002"] == ("refused", "no_parent")
    before = households("360103001002")
    assert take_over(edition) == {"taken": 2}  # what was refused may be chosen again
    assert households("360103077002") == before
    assert cast.actor("sun").may("register.see", Place.objects.get(code="360103077002").path)


def test_what_vanished_ends_only_where_nothing_is_in_it(cast, names, tmp_path, sign_in):
    grid.add_place(actor=SYSTEM, parent="360103001", name="空社区居委会", code="360103001088")
    communities = [("360103001001", names["360103001001"])]
    edition = bring(write_tables(tmp_path, streets=[("360103001", names["360103001"])], communities=communities))
    assert set(states(edition)) == {("vanished", "360103001002"), ("vanished", "360103001088")}
    assert take_over(edition) == {"taken": 1, "left": 1}
    assert Place.objects.get(code="360103001088").until_on == clock.today()
    assert Place.objects.get(code="360103001002").until_on is None
    orphans = queries.list_problems(actor=cast.actor("chen")).vanished
    assert [one.what for one in orphans] == [names["360103001002"]]
    page = sign_in("chen").get(orphans[0].url)
    merge = reverse("redraw", kwargs={"kind": "merge", "code": "360103001001"}) + "?others=360103001002"
    assert merge in page.content.decode()
    assert sign_in("li").get(orphans[0].url).status_code == 404
    wish = queries_merge(cast)
    actions.redraw(actor=cast.actor("chen"), wish=wish)
    assert queries.list_problems(actor=cast.actor("chen")).vanished == []
    assert take_over(edition) == {"already": 1}


def queries_merge(cast):
    from tests.boundaries.wishes import merge

    return merge(cast.place("001"), cast.place("002"))


def test_a_name_that_another_place_has_is_left_to_a_person(cast, names, tmp_path):
    """Two places that changed their codes with each other look like two that changed their names."""
    swapped = [("360103001001", names["360103001002"]), ("360103001002", names["360103001001"])]
    edition = bring(write_tables(tmp_path, streets=[("360103001", names["360103001"])], communities=swapped))
    assert take_over(edition) == {"refused": 2}
    assert {why for _state, why in states(edition).values()} == {"name_taken"}
    assert Place.objects.get(code="360103001001").name == names["360103001001"]


def test_each_takes_over_only_below_own_places(cast, names, tmp_path):
    streets = [("360103001", "南浦新街道")]
    communities = [("360103001001", "甲社区居委会"), ("360103001002", "乙社区居委会")]
    folder = write_tables(tmp_path, streets=streets, communities=communities)
    edition = bring(folder)
    chen = cast.actor("chen")
    assert take_over(edition, chen) == {"taken": 2}  # her communities; her street is for whoever stands above
    assert Place.objects.get(code="360103001").name == names["360103001"]
    with pytest.raises(Conflict):
        take_over(edition, chen)
    with pytest.raises(Conflict):
        take_over(edition, cast.actor("wang"))  # her community is not for her to rename
    with pytest.raises(Missing):
        take_over(bring(folder), cast.actor("nobody"))
    with pytest.raises((Forbidden, Missing)):
        bring(folder, cast.actor("zhou"))
    own = bring(folder, chen)
    assert own.differences.count() == 0  # the street itself is not hers to compare
    assert set(states(bring(folder, under="360103001"))) == {("renamed", "360103001")}


def test_who_lost_the_post_meanwhile_takes_nothing_over(cast, names, tmp_path):
    communities = [("360103001001", "甲社区居委会"), ("360103001002", names["360103001002"])]
    edition = bring(write_tables(tmp_path, streets=[("360103001", names["360103001"])], communities=communities))
    choice = actions.choose_differences(
        actor=cast.actor("chen"), edition_id=edition.pk, wanted=Wanted(), on=clock.today(), paper=PAPER
    )
    Appointment.objects.filter(account=cast.accounts["chen"]).update(until_at=clock.now())
    jobs.carry_on_editions()
    assert queries.count_settled(choice=choice)["refused"] == 1
    assert states(edition)["renamed", "360103001001"] == ("refused", "not_yours")


def test_stopped_in_the_middle_it_is_carried_on(cast, names, tmp_path, monkeypatch):
    """A crash between two batches: what was done stays, the rest is done by the clock, nothing twice."""
    communities = [*((code, name) for code, name in names.items() if len(code) == 12)]
    communities += [(f"3601030010{n}", f"新{n}社区居委会") for n in range(20, 29)]
    edition = bring(write_tables(tmp_path, streets=[("360103001", names["360103001"])], communities=communities))
    monkeypatch.setattr("linli.boundaries.rules.TOGETHER", {"added": 4})
    monkeypatch.setattr("linli.boundaries.actions.editions.TOGETHER", {"added": 4})
    actions.choose_differences(
        actor=SYSTEM, edition_id=edition.pk, wanted=Wanted(), on=clock.today(), paper=PAPER, write_id=uuid4()
    )
    assert actions.apply_choices(actor=SYSTEM, edition=edition, most=1) == 4
    assert Place.objects.filter(name__startswith="新2").count() == 4
    jobs.carry_on_editions()
    jobs.carry_on_editions()
    assert Place.objects.filter(name__startswith="新2").count() == 9
    assert Redrawing.objects.filter(kind="edition").count() == 3
    assert {state for state, _why in states(edition).values()} == {"taken"}


def test_a_batch_that_fails_is_done_one_by_one(cast, names, tmp_path):
    """A code that does not begin with that of the place above is refused; the others are taken over."""
    communities = [*((code, name) for code, name in names.items() if len(code) == 12), ("360103001033", "新社区居委会")]
    edition = bring(write_tables(tmp_path, streets=[("360103001", names["360103001"])], communities=communities))
    row = edition.differences.get()
    EditionDifference.objects.create(
        edition=edition, what="added", kind="community", depth=row.depth, code="9-wrong", name="错", parent="360103001",
        path=f"{row.path[:-4]}999/",
    )  # fmt: skip
    assert take_over(edition) == {"taken": 1, "refused": 1}
    assert "9-wrong" in states(edition)["added", "9-wrong"][1]


def test_the_same_brought_in_twice_is_kept_once(cast, names, tmp_path):
    folder = write_tables(tmp_path, streets=[("360103001", "改名街道")])
    key = uuid4()
    first = bring(folder, write_id=key)
    assert bring(folder, write_id=key) == first
    assert bring(folder) == first
    assert Edition.objects.count() == 1
    with pytest.raises(Invalid):
        actions.take_edition(actor=SYSTEM, name=" ", batches=read_edition(folder))


def test_by_command(cast, names, tmp_path):
    folder = write_tables(tmp_path, streets=[("360103001", "改名街道")], communities=[
        (code, name) for code, name in names.items() if len(code) == 12])  # fmt: skip
    made = run("boundaries", "take", str(folder), "--name", "2027年版")
    assert made["counts"]["street"]["renamed"] == 1
    assert run("boundaries", "apply", str(made["id"]), "--preview") == {"street renamed": 1}
    done = run("boundaries", "apply", str(made["id"]), "--paper", PAPER)
    assert done["states"]["taken"] == 1
    assert run("boundaries", "apply", str(made["id"]), "--paper", PAPER)["settled"] == 0
    assert run("boundaries", "editions")[0]["states"]["taken"] == 1
    assert Place.objects.get(code="360103001").name == "改名街道"


# Pages ---------------------------------------------------------------------------------------------------------------


def packed(folder):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in folder.iterdir():
            archive.write(path, f"dist/{path.name}")
    return SimpleUploadedFile("edition.zip", out.getvalue())


def test_a_street_officer_sends_a_packed_folder_looks_and_takes_over(cast, names, tmp_path, sign_in):
    chen = sign_in("chen")
    assert reverse("edition-add") in chen.get(reverse("editions")).content.decode()  # empty, and says how to get one
    communities = [("360103001001", "甲社区居委会"), ("360103001003", "新建社区居委会")]
    folder = write_tables(tmp_path, streets=[("360103001", names["360103001"])], communities=communities)
    sent = chen.post(reverse("edition-add"), {"name": "2027年版", "tables": packed(folder), "write_id": str(uuid4())})
    edition = Edition.objects.get()
    assert sent.url == reverse("edition", kwargs={"edition_id": edition.pk})
    page = chen.get(sent.url)
    looks = {one.row.code: one for one, _why in page.context["rows"]}
    assert looks["360103001002"].stands.households == 3
    assert looks["360103001002"].ends is False
    assert page.context["choosable"] == 3
    assert len(chen.get(sent.url, {"what": "added"}).context["rows"]) == 1
    assert len(chen.get(sent.url, {"words": "甲"}).context["rows"]) == 1
    assert len(chen.get(sent.url, {"under": "360103001"}).context["rows"]) == 3
    assert chen.get(sent.url, {"state": "taken"}).context["rows"] == []
    address = reverse("edition-take", kwargs={"edition_id": edition.pk})
    assert chen.get(address, {"only": "ticked"}).context["number"] == 0
    one = chen.get(address, {"only": "ticked", "key": looks["360103001003"].row.pk})
    assert one.context["number"] == 1
    assert chen.get(address).context["number"] == 3
    data = {"on": clock.today().isoformat(), "paper": PAPER, "number": "3", "write_id": str(uuid4())}
    assert chen.post(address, {**data, "paper": ""}).status_code == 422
    assert chen.post(address, {**data, "number": "9"}).status_code == 422
    for _time in range(2):
        assert chen.post(address, data).status_code == 302
    assert Place.objects.get(code="360103001001").name == "甲社区居委会"
    assert states(edition)["vanished", "360103001002"][0] == "left"
    assert Redrawing.objects.filter(kind="edition").count() == 2
    for found in Redrawing.objects.all():
        assert chen.get(reverse("redrawing", kwargs={"redrawing_id": found.pk})).status_code == 200
    after = chen.get(sent.url).content.decode()
    assert reverse("boundary-orphan", kwargs={"code": "360103001002"}) in after


def test_files_that_are_none_of_it_are_refused_with_a_reason(cast, sign_in, tmp_path, monkeypatch):
    chen = sign_in("chen")

    def send(*files):
        return chen.post(reverse("edition-add"), {"name": "x", "tables": list(files)})

    assert "tables" in send().context["form"].errors
    assert "tables" in send(SimpleUploadedFile("a.csv", b"code,name\n1,2\n")).context["form"].errors
    assert "tables" in send(SimpleUploadedFile("a.zip", b"PK\x03\x04 broken")).context["form"].errors
    assert "tables" in send(damaged_within()).context["form"].errors
    wrong = send(SimpleUploadedFile("province.csv", "code,name,province\n1,南,x\n".encode()))
    assert wrong.status_code == 422
    gbk = send(SimpleUploadedFile("province.csv", "code,name,province\n360000,江西省,36\n".encode("gbk")))
    assert gbk.status_code == 422
    monkeypatch.setattr(imports, "MOST_UNPACKED", 100)
    bomb = send(packed(write_tables(tmp_path)))
    assert "tables" in bomb.context["form"].errors
    assert not Edition.objects.exists()


def test_the_number_of_queries_does_not_depend_on_the_size(
    cast, names, tmp_path, sign_in, django_assert_max_num_queries
):
    communities = [(code, name) for code, name in names.items() if len(code) == 12]
    communities += [(f"36010300{n}", f"新{n}社区居委会") for n in range(1020, 1060)]
    edition = bring(write_tables(tmp_path, streets=[("360103001", "改名街道")], communities=communities))
    chen = sign_in("chen")
    for address in (reverse("editions"), reverse("edition", kwargs={"edition_id": edition.pk}),
                    reverse("edition-take", kwargs={"edition_id": edition.pk})):  # fmt: skip
        with django_assert_max_num_queries(30):
            assert chen.get(address).status_code == 200
    with django_assert_max_num_queries(160):
        assert take_over(edition)["taken"] == 41
