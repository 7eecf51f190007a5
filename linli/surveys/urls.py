from django.urls import path

from linli.surveys import views

VERSION = "forms/<int:form_id>/versions/<int:number>"

urlpatterns = [
    path("forms/", views.form_list, name="form-list"),
    path("forms/new", views.form_new, name="form-new"),
    path("forms/<int:form_id>", views.form_page, name="form"),
    path(VERSION, views.version_page, name="form-version"),
    path(f"{VERSION}/publish", views.publish, name="form-publish"),
    path(f"{VERSION}/close", views.close, name="form-close"),
    path(f"{VERSION}/reopen", views.reopen, name="form-reopen"),
    path(f"{VERSION}/source", views.source, name="form-source"),
    path(f"{VERSION}/xml", views.xml, name="form-xml"),
    path(f"{VERSION}/files", views.attach, name="form-attach"),
    path(f"{VERSION}/files/<str:name>", views.file, name="form-file"),
]
