"""Plain SVG for the plots of the page: axes, lines with error bars, points and bars; no library draws them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape

COLOURS = ("#1f6feb", "#d9730d", "#2f9e44", "#9c36b5")
INK, GRID, PAPER = "#24292f", "#d0d7de", "#ffffff"
FONT = "font-family='system-ui,sans-serif'"
LEFT, RIGHT, TOP, BOTTOM = 46, 12, 26, 34
"""Room around the plotting area, pixels."""


@dataclass(frozen=True, slots=True)
class Axis:
    """A range of values and where its lines stand."""

    low: float
    high: float
    ticks: Sequence[float]
    title: str = ""
    names: Sequence[str] = ()

    def share(self, value: float) -> float:
        """0..1 along the axis, cut off at its ends."""
        return min(max((value - self.low) / (self.high - self.low), 0.0), 1.0)

    def name(self, number: int) -> str:
        """What stands at a tick."""
        return self.names[number] if self.names else f"{self.ticks[number]:g}"


@dataclass
class Plot:
    """One panel of `width` x `height` pixels at a place in the picture."""

    title: str
    x: Axis
    y: Axis
    width: int = 320
    height: int = 240
    parts: list[str] = field(default_factory=list)

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Pixels of a value."""
        wide, high = self.width - LEFT - RIGHT, self.height - TOP - BOTTOM
        return LEFT + wide * self.x.share(x), TOP + high * (1 - self.y.share(y))

    def line(self, xs: Sequence[float], ys: Sequence[float], colour: str, dashed: bool = False) -> None:
        """A line through values."""
        points = " ".join(f"{px:.1f},{py:.1f}" for px, py in map(self.at, xs, ys))
        dash = " stroke-dasharray='4 3'" if dashed else ""
        self.parts.append(f"<polyline points='{points}' fill='none' stroke='{colour}' stroke-width='1.8'{dash}/>")

    def points(self, xs: Sequence[float], ys: Sequence[float], colour: str, size: float = 3.0) -> None:
        """Dots."""
        for px, py in map(self.at, xs, ys):
            self.parts.append(f"<circle cx='{px:.1f}' cy='{py:.1f}' r='{size:g}' fill='{colour}' fill-opacity='.8'/>")

    def spans(self, xs: Sequence[float], lows: Sequence[float], highs: Sequence[float], colour: str) -> None:
        """Upright error bars."""
        for x, low, high in zip(xs, lows, highs, strict=True):
            (px, y0), (_, y1) = self.at(x, low), self.at(x, high)
            self.parts.append(f"<path d='M{px:.1f},{y0:.1f}V{y1:.1f}' stroke='{colour}' stroke-width='1.2'/>")

    def cell(self, x: float, y: float, share: float, text: str) -> None:
        """A square of a matrix around whole numbers, darker for a larger share."""
        (x0, y0), (x1, y1) = self.at(x - 0.5, y + 0.5), self.at(x + 0.5, y - 0.5)
        fill = f"fill='{COLOURS[0]}' fill-opacity='{share:.2f}'"
        self.parts.append(f"<rect x='{x0:.1f}' y='{y0:.1f}' width='{x1 - x0:.1f}' height='{y1 - y0:.1f}' {fill}/>")
        ink = PAPER if share > 0.6 else INK
        self.parts.append(_text((x0 + x1) / 2, (y0 + y1) / 2 + 4, text, ink, "middle"))

    def legend(self, names: Sequence[str]) -> None:
        """Names of the colours, at the lower right."""
        for number, name in enumerate(names):
            y = self.height - BOTTOM - 10 - 14 * (len(names) - 1 - number)
            x = self.width - RIGHT - 8
            self.parts.append(_text(x, y, name, COLOURS[number], "end"))

    def drawn(self, left: int, top: int) -> str:
        """The panel with its axes as an SVG group."""
        parts = [_text(LEFT, 16, self.title, INK, "start", bold=True)]
        for number, value in enumerate(self.x.ticks):
            px, bottom = self.at(value, self.y.low)
            parts.append(f"<path d='M{px:.1f},{TOP}V{bottom:.1f}' stroke='{GRID}'/>")
            parts.append(_text(px, bottom + 14, self.x.name(number), INK, "middle"))
        for number, value in enumerate(self.y.ticks):
            px, py = self.at(self.x.low, value)
            parts.append(f"<path d='M{px:.1f},{py:.1f}H{self.width - RIGHT}' stroke='{GRID}'/>")
            parts.append(_text(px - 5, py + 4, self.y.name(number), INK, "end"))
        if self.x.title:
            parts.append(_text((LEFT + self.width - RIGHT) / 2, self.height - 4, self.x.title, INK, "middle"))
        return f"<g transform='translate({left},{top})'>{''.join(parts + self.parts)}</g>"


def picture(plots: Sequence[Plot], columns: int) -> str:
    """Panels in rows as one SVG file."""
    wide, high = plots[0].width, plots[0].height
    rows = -(-len(plots) // columns)
    size = f"{wide * min(columns, len(plots))} {high * rows}"
    groups = "\n".join(plot.drawn(wide * (n % columns), high * (n // columns)) for n, plot in enumerate(plots))
    width, height = size.split()
    head = f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {size}' width='{width}' height='{height}' {FONT}>"
    return f"{head}\n<rect width='100%' height='100%' fill='{PAPER}'/>\n{groups}\n</svg>\n"


def _text(x: float, y: float, text: str, colour: str, anchor: str, bold: bool = False) -> str:
    weight = " font-weight='600'" if bold else ""
    return (
        f"<text x='{x:.1f}' y='{y:.1f}' font-size='11' fill='{colour}' text-anchor='{anchor}'{weight}>"
        f"{escape(text)}</text>"
    )
