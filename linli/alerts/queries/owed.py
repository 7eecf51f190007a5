"""Which posts of a notice a person answers for: those held, and the vacant ones whose part is theirs."""

from linli.alerts.models import Alert
from linli.alerts.rules import ISSUED
from linli.core.actors import Actor, outermost
from linli.core.paths import within
from linli.grid.models import Place
from linli.grid.profile import line_place_kinds, post_kinds
from linli.grid.queries import find_holder, list_holders
from linli.rounds.models import Round
from linli.rounds.queries import list_answered, narrow, roots_of


def posts_answered_by(actor: Actor, found: Round) -> tuple[list[int], list[int]]:
    """(place ids of line posts that the actor holds, place ids of vacant ones whose part is the actor's), within the
    round's places."""
    roots = [path for _id, path in roots_of(found)]
    kinds = post_kinds()
    own = {
        grant.path: grant.place_id
        for grant in actor.grants
        if grant.place_id is not None and grant.post_kind in kinds and kinds[grant.post_kind].line
    }
    mine = [key for path, key in own.items() if any(path.startswith(root) for root in roots)]
    scope = outermost(part for path in own for part in narrow(roots, path))
    if not scope:
        return mine, []
    holders = list_holders(scope)
    rows = Place.objects.filter(within("path", scope), kind__in=line_place_kinds(), until_on=None)
    held = []
    for key, path in rows.values_list("pk", "path"):
        if holders.get(path):
            continue
        holder = find_holder(path, holders)
        if holder is not None and holder.account_id == actor.id:
            held.append(key)
    return mine, [key for key in held if key not in set(mine)]


def count_owed(*, actor: Actor, alert: Alert) -> int:
    """For how many posts of a running notice the actor's receipt is still missing: a post that fell vacant after the
    holder above had confirmed owes one again. A constant number of queries."""
    if actor.kind != "account" or alert.state != ISSUED or alert.posts is None:
        return 0
    mine, held = posts_answered_by(actor, alert.posts)
    members = [*mine, *held]
    return len(members) - len(list_answered(found=alert.posts, members=members)) if members else 0
