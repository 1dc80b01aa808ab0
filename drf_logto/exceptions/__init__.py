"""The refusals: one class and one code for each reason to refuse a request."""

from .base import *
from .claims import *
from .permissions import *
from .requests import *
from .sign_ins import *
from .tokens import *
from .unavailability import *
from .users import *

__all__ = ["LogtoError", "InvalidRequest", "MalformedHeader", "InvalidToken"]
__all__ += ["TokenTooLong", "OpaqueToken", "MalformedToken", "NotAnAccessToken"]
__all__ += ["UnsupportedAlgorithm", "MissingKeyId", "CriticalHeader", "InvalidIssuer"]
__all__ += ["UnknownKey", "AlgorithmMismatch", "InvalidSignature", "InvalidExpiration"]
__all__ += ["TokenExpired", "InvalidNotBefore", "TokenNotYetValid", "InvalidSubject"]
__all__ += ["InvalidClientId", "InvalidAudience", "InvalidScope", "InvalidOrganization"]
__all__ += ["AmbiguousAudience", "ContradictoryOrganization", "UnknownUser", "InactiveUser"]
__all__ += ["TokenRevoked", "LifetimeTooLong", "WrongToken", "WrongAudience", "WrongTokenKind"]
__all__ += ["WrongOrganization", "WrongClient", "WrongBearer", "NotOwner", "MissingClaim"]
__all__ += ["ContextLost", "ContextChanged", "SignInEnded", "InsufficientScope"]
__all__ += ["NoScopeDeclared", "AuthorizationServerUnavailable", "RevocationsUnavailable"]

# Reports and pickles name this module: in which part of it a class stands may change.
for _name in __all__:
    globals()[_name].__module__ = __name__
