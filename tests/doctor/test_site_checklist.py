"""The list for a person: dated, to be signed, and short enough to walk through."""

from datetime import date

from voicectl.doctor.site_checklist import load_items, site_document, site_page

TODAY = date(2026, 11, 24)


def test_the_page_is_dated_and_has_room_for_a_signature() -> None:
    """Every item has a box and a reason; the machine and the day stand at the top; it prints on any paper."""
    page = site_page(TODAY, "pbx")

    assert page.startswith("What no program can see: pbx, 2026-11-24\n")
    assert page.count("[ ]") == len(load_items())
    words = " ".join(page.split())
    assert all(item.look in words and item.why in words for item in load_items())
    assert "signature" in page
    assert max(map(len, page.splitlines())) <= 78
    assert page.isascii()


def test_what_the_list_must_name_is_on_it() -> None:
    """The locked rack, the log of who enters, the climate, the cameras."""
    page = site_page(TODAY, "pbx").lower()

    assert all(word in page for word in ("locked", "enters is logged", "degrees", "camera"))


def test_the_document_holds_the_same() -> None:
    """For those who keep it in a system of their own."""
    items = site_document(TODAY, "pbx")["items"]

    assert items == [{"group": one.group, "look": one.look, "why": one.why} for one in load_items()]
