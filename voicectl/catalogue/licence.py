"""What licences allow, from `licences.toml`."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Licence:
    """One row."""

    id: str
    title: str
    commercial: Literal["yes", "conditions", "no"]
    terms: str
    source: str
