from django.urls import path

from linli.boundaries.views import days, problems, redrawings

urlpatterns = [
    path("boundaries/", redrawings.boundaries, name="boundaries"),
    path("boundaries/when", days.when, name="place-on-day"),
    path("boundaries/problems", problems.problems, name="boundary-problems"),
    path("boundaries/<int:redrawing_id>", redrawings.redrawing, name="redrawing"),
    path("boundaries/<int:redrawing_id>/undo", redrawings.redrawing_undo, name="redrawing-undo"),
    path("boundaries/<slug:kind>/<str:code>", redrawings.redraw, name="redraw"),
]
