"""`voicectl logs`: what the services wrote, and what happened in each call."""

from typing import TYPE_CHECKING, Annotated

import typer

from voicectl.cli.options import ConfigOption, JsonOption, open_config, refuse_contradictions
from voicectl.console import Screen

if TYPE_CHECKING:
    from voicectl.render.places import Places

ServiceArgument = Annotated[str | None, typer.Argument(metavar="[SERVICE]", help="Only this service's log.")]
FollowOption = Annotated[bool, typer.Option("--follow", "-f", help="Go on as lines are written, until Ctrl-C.")]
LevelOption = Annotated[str, typer.Option(metavar="LEVEL", help="Nothing below DEBUG, INFO, WARNING or ERROR.")]
CallOption = Annotated[str | None, typer.Option(metavar="ID", help="One call as a timeline.")]
CallsOption = Annotated[bool, typer.Option("--calls", help="List the calls, newest first.")]
MostOption = Annotated[
    int, typer.Option("--lines", "-n", metavar="N", min=0, help="The last N lines or calls; 0 for all of them.")
]


def logs(
    service: ServiceArgument = None,
    *,
    config: ConfigOption = None,
    follow: FollowOption = False,
    level: LevelOption = "DEBUG",
    call: CallOption = None,
    calls: CallsOption = False,
    most: MostOption = 200,
    json: JsonOption = False,
) -> None:
    """Show the services' logs, the list of calls, or one call; with --json logs are one object a line."""
    from voicectl.render.places import places_of  # noqa: PLC0415 - `voicectl --help` reads no log

    refuse_contradictions("voicectl logs", calls=calls, call=call is not None)
    refuse_contradictions("voicectl logs", calls=calls, follow=follow)
    screen = Screen(json=json)
    places = places_of(open_config(config, screen))
    if calls or (call is not None and service is None and not follow):
        _show_record(screen, places, call, most)
    else:
        _show_lines(screen, places, service, (level.upper(), call), most=most, follow=follow)


def _show_record(screen: Screen, places: "Places", call: str | None, most: int) -> None:
    from voicectl.cli.logs_picture import picture_of_calls, picture_of_one_call  # noqa: PLC0415 - Rich costs 60 ms
    from voicectl.logs.documents import call_document, calls_document  # noqa: PLC0415 - as above
    from voicectl.logs.record import Record  # noqa: PLC0415 - as above

    record = Record(places.state / "calls.db")
    if call is None:
        document = calls_document(record, most or -1)
        screen.show("voicectl.logs/1", document, lambda: picture_of_calls(document))
    else:
        document = call_document(record, call)
        screen.show("voicectl.logs/1", document, lambda: picture_of_one_call(document["call"]))


def _show_lines(
    screen: Screen, places: "Places", service: str | None, wanted: tuple[str, str | None], *, most: int, follow: bool
) -> None:
    import time  # noqa: PLC0415 - only --follow waits

    from voicectl.cli.logs_picture import write_line  # noqa: PLC0415 - as above
    from voicectl.logs.follow import Follower  # noqa: PLC0415 - as above
    from voicectl.logs.log_files import ensure_service, services_in  # noqa: PLC0415 - as above
    from voicectl.logs.select import Wanted, future, past  # noqa: PLC0415 - as above

    chosen, known = Wanted(*wanted), services_in(places.log)
    services = known if service is None else [ensure_service(service, known)]
    followers = [Follower(places.log, name) for name in services]
    try:
        for line in past(followers, chosen, most=most):
            write_line(line, as_json=screen.json)
        if follow:
            for line in future(followers, chosen, time.sleep):
                write_line(line, as_json=screen.json)
    except KeyboardInterrupt:
        raise typer.Exit(130) from None  # a stream has no last document
    finally:
        for follower in followers:
            follower.close()
