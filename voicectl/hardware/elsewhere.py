"""Gathers the facts of a machine that has only Python: `doctor --host` sends this there and runs it.

The operator's configuration lies beside the package as `voicectl.toml`; the answer is one line of JSON on stdout.
"""

import json
import sys
from pathlib import Path

from voicectl.catalogue.models import load_models
from voicectl.config.load import parse_config
from voicectl.hardware.gather import gather_facts


def main(folder: Path) -> None:
    """Print the facts of the machine that this runs on."""
    config = parse_config((folder / "voicectl.toml").read_text(encoding="utf-8"))
    facts = gather_facts(config, load_models(), read_speed=(folder / "read-speed").exists())
    sys.stdout.write(json.dumps(facts.to_dict()) + "\n")
    sys.stdout.flush()
