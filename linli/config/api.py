"""The API, put together from the rooms' routers, under /api/v1."""

from typing import Any

from django.http import HttpRequest
from django.views.decorators.http import require_safe
from ninja import NinjaAPI
from ninja.openapi.docs import Swagger
from ninja.security import HttpBearer

from linli import __version__
from linli.alerts.api import alerts, coverage, receipts
from linli.boundaries.api import boundaries
from linli.core.api import answer_problems
from linli.core.throttle import count_try
from linli.duties.api import tasks
from linli.grid import actions
from linli.grid.api import places, posts
from linli.grid.queries import actor_for_token
from linli.residents.api import register
from linli.surveys.api import forms


class Token(HttpBearer):
    """`Authorization: Bearer linli_…`: the token's account, with its posts of this moment, within the token's scopes."""

    def authenticate(self, request: HttpRequest, token: str) -> Any:
        actor = actor_for_token(token)
        if actor is None:
            count_try("api-token", request.META.get("REMOTE_ADDR", ""), most=60, minutes=10)
            return None
        actions.note_token_use(actor=actor, token=token)
        request.actor = actor
        return actor


def _open_to_read(view: Any) -> Any:
    """The description and its page need no token; they tell of no deployment's data."""
    return require_safe(view)


api = NinjaAPI(
    title="Linli",
    version=__version__,
    description="Places, posts, the register, alerts, receipts, coverage, tasks and forms. What a token may do follows "
    "from the posts that its account holds now and from the token's scopes. Writes carry an id made by the client and "
    "may be sent twice. Missing and not yours look alike.",
    auth=Token(),
    docs=Swagger(settings={"validatorUrl": None, "persistAuthorization": False}),
    docs_url="/docs",
    docs_decorator=_open_to_read,
    openapi_url="/openapi.json",
    urls_namespace="api",
)
answer_problems(api)
api.add_router("/places", places)
api.add_router("/posts", posts)
api.add_router("/register", register)
api.add_router("/alerts", alerts)
api.add_router("/alerts", receipts)
api.add_router("/alerts", coverage)
api.add_router("/boundaries", boundaries)
api.add_router("/tasks", tasks)
api.add_router("/forms", forms)
