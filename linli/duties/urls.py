from django.urls import path

from linli.duties import views

urlpatterns = [
    path("tasks/<uuid:task_id>/begin", views.begin, name="task-begin"),
    path("tasks/<uuid:task_id>/hand-over", views.hand_over, name="task-hand-over"),
    path("tasks/<uuid:task_id>/note", views.note, name="task-note"),
]
