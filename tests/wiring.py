"""What a process keeps of its wiring, and how a test drops it."""

import importlib
import pkgutil

from nightdesk import bootstrap, settings
from nightdesk.adapters import machinery
from nightdesk.adapters.archive import s3
from nightdesk.adapters.dynamo import tables
from nightdesk.adapters.secrets import audit_words, store
from nightdesk.adapters.workflows import sqs


def forget() -> None:
    """Drop settings, use cases and connections, as a new process would have none."""
    tables.disconnect()
    store.disconnect()
    audit_words.disconnect()
    s3.disconnect()
    machinery.disconnect()
    sqs.disconnect()
    modules = [
        importlib.import_module(f"{bootstrap.__name__}.{part.name}")
        for part in pkgutil.iter_modules(bootstrap.__path__)
    ]
    for module in (*modules, settings):
        for made in vars(module).values():
            if hasattr(made, "cache_clear"):
                made.cache_clear()
