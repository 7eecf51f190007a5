from django.urls import path

from linli.duties import views

urlpatterns = [
    path("questions/", views.question_list, name="question-list"),
    path("questions/<uuid:question_id>", views.question, name="question"),
    path("tasks/<uuid:task_id>/begin", views.begin, name="task-begin"),
    path("tasks/<uuid:task_id>/hand-over", views.hand_over, name="task-hand-over"),
    path("tasks/<uuid:task_id>/note", views.note, name="task-note"),
]
