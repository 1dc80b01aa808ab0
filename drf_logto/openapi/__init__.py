"""The OpenAPI description of protected operations, for drf-spectacular."""

from .auto_schema import AutoSchema
from .security import LogtoJWTAuthenticationScheme

__all__ = ["AutoSchema", "LogtoJWTAuthenticationScheme"]
