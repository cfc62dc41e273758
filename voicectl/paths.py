"""Where the data that voicectl carries lies: templates, playbooks and the runtime."""

from importlib import resources
from pathlib import Path
from typing import Final

PACKAGE: Final = Path(str(resources.files("voicectl")))
# In a wheel the carried folders lie inside the package; an editable install has no `_bundle`, and there the
# package's parent is the project itself (both are what the build put there, neither is a guess).
_BUNDLE: Final = PACKAGE / "_bundle" if (PACKAGE / "_bundle").is_dir() else PACKAGE.parent

TEMPLATES: Final = _BUNDLE / "templates"
PLAYBOOKS: Final = _BUNDLE / "playbooks"
RUNTIME: Final = _BUNDLE / "runtime"
REFERENCE_CONFIG: Final = PACKAGE / "config" / "reference.toml"
CALLING_CODES: Final = PACKAGE / "config" / "calling_codes.toml"
CATALOGUE: Final = PACKAGE / "catalogue"
SITE_CHECKLIST: Final = PACKAGE / "doctor" / "site_checklist.toml"
ASTERISK_BUGS: Final = PACKAGE / "doctor" / "asterisk_bugs.toml"
