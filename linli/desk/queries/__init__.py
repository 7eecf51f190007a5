"""Reads that join rooms: a person's day, a task with its lines, a search over everything."""

from linli.desk.queries.day import Day, read_day
from linli.desk.queries.field import FieldList, read_field_list
from linli.desk.queries.homes import HomeNotice, list_home_notices
from linli.desk.queries.map import MapView, read_map
from linli.desk.queries.operation import Operation, read_operation
from linli.desk.queries.records import Batch, read_records
from linli.desk.queries.search import GLANCE, Found, search
from linli.desk.queries.tasks import TaskView, name_sources, read_task

__all__ = [
    "GLANCE",
    "Batch",
    "Day",
    "FieldList",
    "Found",
    "HomeNotice",
    "MapView",
    "Operation",
    "TaskView",
    "list_home_notices",
    "name_sources",
    "read_day",
    "read_field_list",
    "read_map",
    "read_operation",
    "read_records",
    "read_task",
    "search",
]
