"""Codes of posts, places and tasks in the reader's words."""

from typing import Any

from django import template
from django.urls import reverse

from linli.duties.models import Task
from linli.duties.words import KINDS
from linli.grid.models import Place
from linli.grid.profile import kind_name, post_name
from linli.grid.queries import line_post_at

register = template.Library()


@register.filter
def post_words(code: str) -> str:
    return post_name(code)


@register.filter
def kind_words(place: Place) -> str:
    return kind_name(place.kind)


@register.filter
def line_post_words(place: Place) -> str:
    """The post that owes a receipt there."""
    return post_name(line_post_at(place))


@register.filter
def task_words(task: Task) -> Any:
    return KINDS.get(task.kind, task.kind)


@register.filter
def source_address(task: Task) -> str:
    """Where a task is done, where that is a page of its own: an alert from outside is looked at, a question answered
    there."""
    if task.source_room == "duties":
        return reverse("question", args=[task.source_id])
    return reverse("incoming", args=[task.source_id]) if task.source_room == "exchange" else ""
