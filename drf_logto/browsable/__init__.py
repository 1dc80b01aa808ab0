"""Sign-in with Logto for DRF's browsable API, and a choice of the token to make requests with."""

from importlib.util import find_spec

# Here, so that the error names the extra whatever of the package is imported first.
if not all(map(find_spec, ("authlib", "cachetools", "joserfc"))):
    raise ImportError("drf_logto.browsable needs Authlib: pip install 'drf-logto-auth[browsable]'")
