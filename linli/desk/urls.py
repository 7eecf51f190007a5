from django.urls import path

from linli.desk.views import day, field, homes, maps, operation, search, tasks

urlpatterns = [
    path("", day.my_day, name="my-day"),
    path("field/", field.field, name="field"),
    path("field/contact", field.contact, name="field-contact"),
    path("field/today", field.today, name="field-today"),
    path("field/sync", field.sync, name="field-sync"),
    path("sw.js", field.worker_script, name="worker-script"),
    path("app.webmanifest", field.manifest, name="manifest"),
    path("tasks/", tasks.task_list, name="task-list"),
    path("tasks/<uuid:task_id>", tasks.task, name="task"),
    path("map/", maps.map_page, name="map"),
    path("register/notices", homes.notices, name="household-notices"),
    path("search", search.search, name="search"),
    path("search/live", search.live, name="search-live"),
    path("operation/", operation.operation, name="operation"),
    path("operation/jobs", operation.run_job, name="operation-job"),
    path("operation/deliveries/<int:delivery_id>", operation.delivery, name="operation-delivery"),
]
