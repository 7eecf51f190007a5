from django.urls import path

from linli.demo import views

urlpatterns = [
    path("", views.cast, name="demo-cast"),
    path("sign-in", views.sign_in, name="demo-sign-in"),
]
