from django.urls import path

from linli.demo import views

urlpatterns = [
    path("", views.cast, name="demo-cast"),
    path("sinks", views.sinks, name="demo-sinks"),
    path("sign-in", views.sign_in, name="demo-sign-in"),
]
