"""The cost of a plan over the years as an SVG picture of its own, with nothing fetched from elsewhere."""

from typing import Final
from xml.etree.ElementTree import Element, SubElement, tostring

from voicectl.planner.cost import Cost

_WIDTH: Final = 720
_HEIGHT: Final = 420
_LEFT: Final = 80
_RIGHT: Final = 160
_TOP: Final = 50
_BOTTOM: Final = 50
_LINES: Final = (
    ("self_hosted", "own machine", "#1a7f37"),
    ("by_the_minute", "by the minute", "#cf222e"),
    ("by_the_call", "by the call", "#9a6700"),
)
_TICKS: Final = 4


def svg_of_cost(cost: Cost) -> str:
    """Lines from the day of purchase to the end of the fifth year."""
    picture = Element("svg", xmlns="http://www.w3.org/2000/svg", viewBox=f"0 0 {_WIDTH} {_HEIGHT}")
    picture.set("font-family", "sans-serif")
    picture.set("font-size", "13")
    SubElement(picture, "rect", width=str(_WIDTH), height=str(_HEIGHT), fill="white")
    title = f"Dollars paid at {cost.minutes_a_month:,} minutes a month"
    _text(picture, _LEFT, 28, title, size=16)
    most = max(getattr(year, name) for year in cost.years for name, _, _ in _LINES) or 1.0
    for tick in range(_TICKS + 1):
        paid = most * tick / _TICKS
        y = _y(paid, most)
        SubElement(
            picture, "line", x1=str(_LEFT), x2=str(_WIDTH - _RIGHT), y1=f"{y:.1f}", y2=f"{y:.1f}", stroke="#d0d7de"
        )
        _text(picture, _LEFT - 8, y + 4, f"{paid:,.0f}", anchor="end")
    for year in cost.years:
        _text(picture, _x(year.years, cost), _HEIGHT - _BOTTOM + 20, f"year {year.years}", anchor="middle")
    for name, label, colour in _LINES:
        paid = [cost.hardware if name == "self_hosted" else 0.0, *(getattr(year, name) for year in cost.years)]
        points = " ".join(f"{_x(at, cost):.1f},{_y(dollars, most):.1f}" for at, dollars in enumerate(paid))
        SubElement(picture, "polyline", points=points, fill="none", stroke=colour).set("stroke-width", "2.5")
        _text(picture, _WIDTH - _RIGHT + 8, _y(paid[-1], most) + 4, label, colour=colour)
    return tostring(picture, encoding="unicode") + "\n"


def _text(
    picture: Element, x: float, y: float, words: str, *, anchor: str = "start", size: int = 13, colour: str = "#1f2328"
) -> None:
    node = SubElement(picture, "text", x=f"{x:.1f}", y=f"{y:.1f}", fill=colour)
    node.set("text-anchor", anchor)
    node.set("font-size", str(size))
    node.text = words


def _x(year: float, cost: Cost) -> float:
    return _LEFT + (_WIDTH - _LEFT - _RIGHT) * year / cost.years[-1].years


def _y(paid: float, most: float) -> float:
    return _HEIGHT - _BOTTOM - (_HEIGHT - _TOP - _BOTTOM) * paid / most
