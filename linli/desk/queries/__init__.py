"""Reads that join rooms: a person's day, a task with its lines, a search over everything."""

from linli.desk.queries.day import Day, read_day
from linli.desk.queries.search import GLANCE, Found, search
from linli.desk.queries.tasks import TaskView, name_sources, read_task

__all__ = ["GLANCE", "Day", "Found", "TaskView", "name_sources", "read_day", "read_task", "search"]
