"""The grammar as a JSON Schema, with the functions that features may name."""

from functools import cache
from typing import Any

from nightdesk.analysis.functions import FUNCTIONS, Function, Source
from nightdesk.market.timeframe import Timeframe
from nightdesk.strategies.definition import MAX_BYTES, MAX_FEATURES, MAX_TIMEFRAMES, Definition
from nightdesk.strategies.reading import MAX_DEPTH, MAX_NODES
from nightdesk.strategies.rules import AVAILABLE_TERMS
from nightdesk.strategies.terms import PRICES


@cache
def grammar() -> dict[str, Any]:
    """Return the schema of a definition; what it cannot say stands under `x-nightdesk`."""
    schema = Definition.model_json_schema(by_alias=True)
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["x-nightdesk"] = {
        "functions": [_function(function) for function in FUNCTIONS.values()],
        "sources": [source.value for source in Source],
        "prices": list(PRICES),
        "terms": AVAILABLE_TERMS,
        "limits": {
            "bytes": MAX_BYTES,
            "depth": MAX_DEPTH,
            "nodes": MAX_NODES,
            "features": MAX_FEATURES,
            "timeframes": MAX_TIMEFRAMES,
        },
    }
    return schema


def _function(function: Function) -> dict[str, Any]:
    return {
        "name": function.name,
        "parameters": [
            {
                "name": p.name,
                "type": "int" if p.whole else "decimal",
                "default": p.default,
                "min": p.minimum,
                "max": p.maximum,
            }
            for p in function.parameters
        ],
        "outputs": list(function.outputs),
        "takes_source": function.takes_source,
        "cumulative": function.cumulative,
        "warm_up": function.warm_up(function.arguments(), Timeframe.H1),
    }
