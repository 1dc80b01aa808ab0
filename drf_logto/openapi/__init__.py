"""The OpenAPI description of protected operations, for drf-spectacular."""

from importlib.util import find_spec

if not find_spec("drf_spectacular"):
    raise ImportError(
        "drf_logto.openapi needs drf-spectacular: pip install 'drf-logto-auth[openapi]'"
    )

from .auto_schema import AutoSchema
from .security import LogtoJWTAuthenticationScheme

__all__ = ["AutoSchema", "LogtoJWTAuthenticationScheme"]
