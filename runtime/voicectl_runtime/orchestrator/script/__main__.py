"""Whether a script could work, before it is put in place: `python -m ... .script FILE [LOOK_UP...]`.

Needs the standard library alone, so that the CLI's own Python can run it.
"""

import sys
from pathlib import Path

from voicectl_runtime.orchestrator.script.load import ScriptError, load_script


def main() -> None:
    """Say nothing where it could; one line on stderr and exit code 1 where it could not."""
    file, *look_ups = sys.argv[1:]
    try:
        load_script(Path(file), look_ups)
    except ScriptError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
