"""OpenAPI descriptions of views."""

from typing import Any

from django.urls import path
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema


def described(*views: Any) -> dict[str, Any]:
    """The description of views under /0/, /1/ and so on; it is valid, and nothing is warned of."""
    patterns = [path(f"{number}/", view) for number, view in enumerate(views)]
    with GENERATOR_STATS.silence():
        schema: dict[str, Any] = SchemaGenerator(patterns=patterns).get_schema(public=True)
        assert not GENERATOR_STATS
    validate_schema(schema)
    return schema
