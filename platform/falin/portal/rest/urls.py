"""Addresses of the portal's API, below /api/v1/audit/."""

from django.urls import path

from falin.portal.rest import audit

urlpatterns = [
    path("", audit.Log.as_view(), name="api-audit"),
    path("sealing/", audit.State.as_view(), name="api-audit-sealing"),
    path("alarms/", audit.Alarms.as_view(), name="api-audit-alarms"),
    path("export/", audit.Export.as_view(), name="api-audit-export"),
]
