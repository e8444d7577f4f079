"""Place of the design system's own addresses."""

from django.urls import path

from falin.ui import views

app_name = "ui"

urlpatterns = [
    path("prefs/", views.choose, name="prefs"),
    path("style/", views.style_page, name="style"),
    path("style/<slug:page>/", views.style_whole, name="style-page"),
    path("offline/", views.offline, name="offline"),
    path("manifest.webmanifest", views.manifest, name="manifest"),
]
