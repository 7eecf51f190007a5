from django.urls import path

from linli.desk.views import day, search, tasks

urlpatterns = [
    path("", day.my_day, name="my-day"),
    path("tasks/", tasks.task_list, name="task-list"),
    path("tasks/<uuid:task_id>", tasks.task, name="task"),
    path("search", search.search, name="search"),
    path("search/live", search.live, name="search-live"),
]
