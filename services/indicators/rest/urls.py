"""Addresses under /api/v1/figures/."""

from django.urls import path

from services.indicators.rest import views

urlpatterns = [
    path("", views.HomeView.as_view(), name="api-figures"),
    path("visits/", views.OwnVisitsView.as_view(), name="api-figures-own-visits"),
    path("<int:node_id>/", views.PlaceView.as_view(), name="api-figures-place"),
    path("<int:node_id>/months/", views.MonthsView.as_view(), name="api-figures-months"),
    path("<int:node_id>/ranking/", views.RankingView.as_view(), name="api-figures-ranking"),
    path("<int:node_id>/counties/", views.CountiesView.as_view(), name="api-figures-counties"),
    path("<int:node_id>/visits/", views.VisitsView.as_view(), name="api-figures-visits"),
    path("<int:node_id>/publish/", views.PublishView.as_view(), name="api-figures-publish"),
]
