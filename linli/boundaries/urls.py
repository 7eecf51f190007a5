from django.urls import path

from linli.boundaries.views import days, editions, problems, redrawings

urlpatterns = [
    path("boundaries/", redrawings.boundaries, name="boundaries"),
    path("boundaries/when", days.when, name="place-on-day"),
    path("boundaries/problems", problems.problems, name="boundary-problems"),
    path("boundaries/orphans/<str:code>", problems.orphan, name="boundary-orphan"),
    path("boundaries/editions/", editions.editions, name="editions"),
    path("boundaries/editions/add", editions.edition_add, name="edition-add"),
    path("boundaries/editions/<int:edition_id>", editions.edition, name="edition"),
    path("boundaries/editions/<int:edition_id>/take", editions.edition_take, name="edition-take"),
    path("boundaries/<int:redrawing_id>", redrawings.redrawing, name="redrawing"),
    path("boundaries/<int:redrawing_id>/undo", redrawings.redrawing_undo, name="redrawing-undo"),
    path("boundaries/<slug:kind>/<str:code>", redrawings.redraw, name="redraw"),
]
