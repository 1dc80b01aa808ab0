"""``python -m sandbox`` starts the sandbox; Ctrl-C ends it, also while it is still starting."""

from importlib import import_module

from .ending import end_on_signals

end_on_signals()
import_module("sandbox.start").main()
