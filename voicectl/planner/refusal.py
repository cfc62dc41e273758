"""What is known of a plan that cannot be, under the names that a plan has for it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from voicectl.documents import to_plain
from voicectl.planner.limits import Calls, Constraint, Limit

if TYPE_CHECKING:
    from voicectl.planner.choose_profile import Rejected
    from voicectl.planner.offers import Offer
    from voicectl.planner.wishes import Profile


@dataclass(frozen=True)
class Refusal:
    """The part of the document that stands beside the error."""

    profile: "Profile"
    calls: Calls
    binding_constraint: Constraint | Literal["licence"]
    limits: tuple[Limit, ...] = ()
    """None where there is no card to reckon with, or a licence forbids it whatever is carried."""
    offers: "tuple[Offer, ...]" = ()
    """The nearest plans that could be had."""
    rejected: "tuple[Rejected, ...]" = ()

    def to_dict(self) -> dict[str, Any]:
        """As plain data."""
        return dict(to_plain(self))
