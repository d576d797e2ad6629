"""A chart as SVG: the same geometry that a report prints."""

from html import escape

from nightdesk.core.cells import visible
from nightdesk.journal.charts import LABEL, Box, Chart, Dot, Mark, Path, Words

TITLE_SIZE = 8.5


def svg(chart: Chart) -> str:
    """Return a picture that scales; a style sheet colours it by the names of roles."""
    width, height = f"{chart.width:g}", f"{chart.height:g}"
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img"'
        f' aria-label="{escape(visible(chart.caption))}">'
    )
    title = Words(x=4, y=12, text=chart.caption)
    return "\n".join([head, _words(title, TITLE_SIZE), *map(drawn, chart.marks), "</svg>\n"])


def drawn(mark: Mark) -> str:
    """Return one mark."""
    match mark:
        case Path():
            points = " ".join(f"{_n(x)},{_n(y)}" for x, y in mark.points)
            name = "polygon" if mark.closed else "polyline"
            paint = "" if mark.closed else ' fill="none" stroke="currentColor"'
            return f'<{name} class="{mark.role}"{paint} points="{points}"/>'
        case Box():
            return (
                f'<rect class="{mark.role}" x="{_n(mark.x)}" y="{_n(mark.y)}"'
                f' width="{_n(mark.width)}" height="{_n(mark.height)}"'
                f' fill-opacity="{_n(mark.strength)}"/>'
            )
        case Dot():
            circle = f'cx="{_n(mark.x)}" cy="{_n(mark.y)}" r="{_n(mark.radius)}"'
            return f'<circle class="{mark.role}" {circle}/>'
        case Words():
            return _words(mark, LABEL)


def _words(mark: Words, size: float) -> str:
    turned = f' transform="rotate(-90 {_n(mark.x)} {_n(mark.y)})"' if mark.upright else ""
    return (
        f'<text class="{mark.role}" x="{_n(mark.x)}" y="{_n(mark.y)}" font-size="{size:g}"'
        f' text-anchor="{mark.anchor}"{turned}>{escape(visible(mark.text), quote=False)}</text>'
    )


def _n(value: float) -> str:
    return f"{round(value, 2):g}"
