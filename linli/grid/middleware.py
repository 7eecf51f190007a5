"""Who acts on this request, from the signed-in account's appointments of this moment."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase
from django.utils.functional import SimpleLazyObject

from linli.core.actors import NOBODY, Actor
from linli.grid.queries import actor_for


class CurrentActor:
    """`request.actor`: read once a request, on first use, so that an appointment that ended a moment ago counts."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        def find() -> Actor:
            return actor_for(request.user) if request.user.is_authenticated else NOBODY

        request.actor = SimpleLazyObject(find)  # type: ignore[attr-defined]
        return self.get_response(request)
