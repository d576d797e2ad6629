"""`make docs`: write every page that follows from the code, and the API's document."""

import sys
from pathlib import Path

from docs.pages import PAGES
from functions.api import openapi

FOLDER = Path(__file__).parent


def main() -> None:
    """Write what has changed and say so."""
    for name, page in PAGES.items():
        path, text = FOLDER / name, page()
        if not path.exists() or path.read_text("utf-8") != text:
            path.write_text(text, "utf-8")
            sys.stdout.write(f"{name} is new\n")
    openapi.main()


if __name__ == "__main__":
    main()
