"""Tells mypy what our middleware adds to every request: `request.actor` and `request.request_id`."""

from collections.abc import Callable

from mypy.nodes import MDEF, SymbolTableNode, Var
from mypy.plugin import ClassDefContext, Plugin
from mypy.types import AnyType, Type, TypeOfAny

REQUEST = "django.http.request.HttpRequest"
ADDED = {"actor": "linli.core.actors.Actor", "request_id": "builtins.str"}


def add_what_middleware_adds(context: ClassDefContext) -> None:
    for name, fullname in ADDED.items():
        if name not in context.cls.info.names:
            var = Var(name, _type(context, fullname))
            var.info = context.cls.info
            var._fullname = f"{REQUEST}.{name}"
            context.cls.info.names[name] = SymbolTableNode(MDEF, var, plugin_generated=True)


def _type(context: ClassDefContext, fullname: str) -> Type:
    return context.api.named_type_or_none(fullname) or AnyType(TypeOfAny.explicit)


class Requests(Plugin):
    def get_customize_class_mro_hook(self, fullname: str) -> Callable[[ClassDefContext], None] | None:
        return add_what_middleware_adds if fullname == REQUEST else None


def plugin(_version: str) -> type[Plugin]:
    return Requests
