"""How many of a unit (households, people, grids …) stand below each place, now and as of every earlier change.

Changes are appended by the rooms that make them; a worker folds them into cumulative counts at every ancestor. A
reading at change `m` of a place is its last folded row up to `m`, plus the changes not folded into it. Cumulative
`joined` and `left` give both the number (their difference) and what came and went between two readings. Who stands
elsewhere because places were redrawn neither came nor went: `redrawn` is counted by itself, net.
"""

from django.db import models
from django.db.models import Q

from linli.core.paths import PathField
from linli.grid.models.places import Place


class HeadcountChange(models.Model):
    """`n` of a unit left `from_path` and joined `to_path` (either may be empty: from or to outside). `member` names the
    one that moved; a batch of new ones has none. `redrawn`: the place changed, not where the member lives. Written under
    the lock 'headcounts', so ids follow commits."""

    unit = models.CharField(max_length=30)
    from_path = PathField(max_length=120, blank=True)
    to_path = PathField(max_length=120, blank=True)
    n = models.PositiveIntegerField(default=1)
    member = models.BigIntegerField(null=True)
    at = models.DateTimeField()
    redrawn = models.BooleanField(default=False, db_default=False)
    folded_into = models.BigIntegerField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["unit", "id"], condition=Q(folded_into=None), name="headcount_unfolded"),
            models.Index(fields=["folded_into", "id"]),
        ]


class Headcount(models.Model):
    """Cumulative counts of a unit below a place, up to and with change `upto`."""

    place = models.ForeignKey(Place, on_delete=models.CASCADE, related_name="+")
    unit = models.CharField(max_length=30)
    upto = models.BigIntegerField()
    joined = models.BigIntegerField()
    left = models.BigIntegerField()
    redrawn = models.BigIntegerField(default=0, db_default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["place", "unit", "upto"], name="headcount_once")]
