"""What the API says of a sheet that was checked, the same for every kind of sheet."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers


class Finding(serializers.Serializer[Any]):
    row = serializers.IntegerField(help_text="The file's own row number, from 1.")
    column = serializers.CharField()
    code = serializers.CharField()
    found = serializers.CharField(help_text="What stands there; long numbers are masked.")
    sentence = serializers.CharField(help_text="What is wrong and how to mend it, in the reader's language.")


class HeadTrouble(serializers.Serializer[Any]):
    row = serializers.IntegerField()
    found = serializers.ListField(child=serializers.CharField())
    missing = serializers.ListField(child=serializers.CharField())
    doubled = serializers.ListField(child=serializers.CharField())
    merged = serializers.ListField(child=serializers.CharField())
    unknown = serializers.ListField(child=serializers.CharField())
