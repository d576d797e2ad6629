"""``python -m functions.api.openapi``: write docs/openapi.json from the routes."""

import json
import sys
from pathlib import Path

from functions.api.app import create_app

TARGET = Path(__file__).parents[2] / "docs" / "openapi.json"


def rendered() -> str:
    """Return the document, the same bytes for the same routes."""
    return json.dumps(create_app().openapi(), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def main() -> None:
    """Write the file and say so."""
    TARGET.write_text(rendered(), "utf-8")
    sys.stdout.write(f"{TARGET.name} is up to date\n")


if __name__ == "__main__":
    main()
