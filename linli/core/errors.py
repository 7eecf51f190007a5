"""What can go wrong, as types with a status and a text for the person. Pages and the API translate them once."""

from typing import Any

from django.utils.translation import gettext_lazy as _


class Problem(Exception):
    """Base of every error that a person may see. `detail` says what happened and how to mend it."""

    status = 400
    code = "bad-request"
    title: Any = _("This can't be done")

    def __init__(self, detail: Any = "", *, code: str = "", fields: dict[str, Any] | None = None):
        super().__init__(str(detail))
        self.detail = detail or self.title
        self.code = code or self.code
        self.fields = fields or {}


class Invalid(Problem):
    """The input is wrong; `fields` maps a field to its message."""

    status = 422
    code = "invalid"
    title = _("Please check what you entered")


class Missing(Problem):
    """Not there, or not yours: the two look alike on purpose."""

    status = 404
    code = "not-found"
    title = _("There is nothing here, or it isn't in your area")


class Forbidden(Problem):
    """You may see it, but your posts don't allow this act."""

    status = 403
    code = "forbidden"
    title = _("Your posts don't allow this")


class Conflict(Problem):
    """It is not possible now: the state has moved on, or the same id came with other content."""

    status = 409
    code = "conflict"
    title = _("This is no longer possible")


class TooMany(Problem):
    status = 429
    code = "too-many"
    title = _("Too many tries: please wait a few minutes")
    retry_after_s = 300

    @classmethod
    def until(cls, seconds: float) -> "TooMany":
        """With the time after which a try counts anew, for programs."""
        made = cls()
        made.retry_after_s = max(1, round(seconds))
        return made


class SetupError(Exception):
    """The deployment is not ready; the text tells an operator in one line what to do."""
