"""The bad-input table: each wrong file gives one line that names the place, the value and the remedy."""

import pytest

from voicectl.config.load import parse_config
from voicectl.errors import ConfigError

LONG = "/srv/" + "a" * 75
TRUNK = '[trunk]\naddress = "192.0.2.10"\n'
BOB = '[people.bob]\nsays = "Bob"\n'

# name: (the file, the start of the error, what the fix mentions)
LOOK_UP = '[look_ups.xx]\npurpose = "x"\nurl = "'
CASES = {
    # 11: what the parser refuses
    "tab without value": ("\tport", "E201 voicectl.toml:1", "correct"),
    "duplicate key": ("[sip]\nport = 1\nport = 2\n", "E201 voicectl.toml:", "once"),
    "duplicate section": ("[sip]\n\n[sip]\n", "E201 voicectl.toml:3: something that is already set ('[sip]')", "once"),
    "deep brackets": ("a = " + "[" * 100_000, "E201 voicectl.toml:1: brackets nested too deep", "flat"),
    "deep tables": ("a = " + "{a = " * 100_000, "E201 voicectl.toml:1: brackets nested too deep", "flat"),
    "deep dotted key": ("a." * 100_000 + "a = 1", "E201 voicectl.toml:1: more than 200 dots", "lines"),
    "giant number": ("a = " + "1" * 5000, "E201 voicectl.toml:1: a number with thousands of digits", "number"),
    # 12: unknown keys
    "unknown section": ("[trunks]", "E202 voicectl.toml:1 trunks: unknown key ('trunks')", "did you mean trunk?"),
    "unknown option": ("[sip]\n\nprot = 1", "E202 voicectl.toml:3 sip.prot: unknown key", "did you mean port?"),
    "unlike any": ("[log]\nzzz = 1", "E202 voicectl.toml:2 log.zzz", "use one of: level, transcripts"),
    "in a person": (BOB + "extensoin = 1", "E202 voicectl.toml:3 people.bob.extensoin", "did you mean extension?"),
    "person's own name": (BOB + 'key = "eve"', "E202 voicectl.toml:3 people.bob.key", "use one of: says"),
    "hostile key": ('[sip]\n"a\\nE999 b\\u202e" = 1', r"E202 voicectl.toml:2 sip.'a\nE999 b\u202e'", "use one of"),
    # 13: numbers
    "port too high": ("[sip]\nport = 70000", "E203 voicectl.toml:2 sip.port: out of range (70000)", "1 to 65535"),
    "port negative": ("sip.port = -1", "E203 voicectl.toml:1 sip.port: out of range (-1)", "1 to 65535"),
    "port in words": ('[sip]\nport = "5060x"', "E203 voicectl.toml:2 sip.port: not a whole number", "whole number"),
    "leading zero": ("[sip]\nport = 05060", "E203 voicectl.toml:2 port: a number with a leading zero (05060)", "zero"),
    "float": ("[calls]\nmost = 4.0", "E203 voicectl.toml:2 calls.most: not a whole number (4.0)", "whole"),
    "boolean number": ("[calls]\nmost = true", "E203 voicectl.toml:2 calls.most: not a whole number (true)", "whole"),
    # 14: the RTP range
    "ends early": ("[sip]\nrtp_first = 20000", "E204 voicectl.toml:2 sip.rtp_last: the range ends before", "16 free"),
    "odd width": ("[sip]\nrtp_last = 10100", "E204 voicectl.toml:2 sip.rtp_last: half a pair of ports", "even"),
    "odd start": ("[sip]\nrtp_first = 10001", "E204 voicectl.toml:2 sip.rtp_last: half a pair of ports", "even"),
    "too narrow": ("[calls]\nmost = 26", "E204 voicectl.toml:2 sip.rtp_last: too few ports", "such as 10000-10103"),
    "holds SIP": ("[sip]\nport = 10050", "E204 voicectl.toml:2 sip.rtp_last: sip.port lies within it", "16 free"),
    "holds a service": ("[services]\nstt_port = 10001", "E204 voicectl.toml:2 sip.rtp_last: services.stt_port", "16"),
    # 15, 16: networks
    "open to all": ('[trunk]\nnetworks = ["0.0.0.0/0"]', "E205 voicectl.toml:2 trunk.networks: this would", "own"),
    "open by halves": ('trunk.networks = ["128.0.0.0/1"]', "E205 voicectl.toml:1 trunk.networks: this", "own"),
    "trunk to all": ('trunk.address = "0.0.0.0"', "E205 voicectl.toml:1 trunk.address: this would", "own"),
    "trunk network to all": ('trunk.address = "0.0.0.0/0"', "E205 voicectl.toml:1 trunk.address: this", "own"),
    "trunk missing": ('trunk.number = "+15551230100"', "E205 voicectl.toml:1 trunk.address: no address, but", "set"),
    "person needs it": (BOB + 'number = "+15551230100"', "E205 voicectl.toml:3 trunk.address: no address", "set"),
    "octet": ('sip.address = "192.168.1.300"', "E206 voicectl.toml:1 sip.address: not an IPv4 address", "0 to 255"),
    "prefix": ('trunk.networks = ["10.0.0.0/33"]', "E206 voicectl.toml:1 trunk.networks: not an IPv4", "0 to 255"),
    "host bits": ('trunk.networks = ["10.0.0.1/24"]', "E206 voicectl.toml:1 trunk.networks: bits", '"10.0.0.0/24"'),
    "host name": ('trunk.address = "sip.example.com"', "E206 voicectl.toml:1 trunk.address: not an IPv4", "host name"),
    "a network": ('trunk.address = "192.0.2.0/24"', "E206 voicectl.toml:1 trunk.address: a network", "networks"),
    "multicast": ('sip.address = "224.0.0.1"', "E206 voicectl.toml:1 sip.address: a multicast", "this machine"),
    "multicast net": ('trunk.networks = ["224.0.0.0/8"]', "E206 voicectl.toml:1 trunk.networks: a multi", "company"),
    # 17: types
    "Norway": ("[agent]\nname = NO", "E207 voicectl.toml:2 name: text without quotes ('NO')", 'write "NO"'),
    "Norway's switch": ("[agent]\ndisclosure = on", "E207 voicectl.toml:2 disclosure: text with", "true or false for"),
    "boolean text": ("[agent]\nname = true", "E207 voicectl.toml:2 agent.name: not a text", 'quotes: "true"'),
    "number text": ("[sip]\nextension = 100", "E207 voicectl.toml:2 sip.extension: not a text", 'quotes: "100"'),
    "text boolean": ('[calls]\nrecord = "yes"', "E207 voicectl.toml:2 calls.record: not true or false", "true or"),
    "text list": ('[sip]\ncodecs = "ulaw"', "E207 voicectl.toml:2 sip.codecs: not a list", "a list in [ ]"),
    "number in a list": ("[sip]\ncodecs = [1]", "E207 voicectl.toml:2 sip.codecs: not a text", "quotes"),
    "date": ("[agent]\nname = 2026-01-01", "E207 voicectl.toml:2 agent.name: not a text in quotes", "quotes"),
    "no section": ("agent = 3", "E207 voicectl.toml:1 agent: not a section (3)", "[agent]"),
    "list of sections": ("[[sip]]\nport = 1", "E207 voicectl.toml:1 sip: not a section", "[sip]"),
    "no person": ('people.bob = "x"', "E207 voicectl.toml:1 people.bob: not a section", "[people.bob]"),
    # 18: telephone numbers and countries
    "national number": (TRUNK + 'number = "0123"', "E208 voicectl.toml:3 trunk.number: not a telephone", "+1555"),
    "pretty number": (TRUNK + 'number = "+1 (555) x"', "E208 voicectl.toml:3 trunk.number: not a tele", "digits only"),
    "no such code": (TRUNK + 'number = "+9990000000"', "E208 voicectl.toml:3 trunk.number: no country has", "+1555"),
    "country": (TRUNK + 'country = "Norway"', "E208 voicectl.toml:3 trunk.country: not a country", '"US"'),
    "no such country": (TRUNK + 'country = "QQ"', "E208 voicectl.toml:3 trunk.country: not a country", '"US"'),
    "another country": (
        TRUNK + 'country = "NO"\nnumber = "+15551230100"',
        "E208 voicectl.toml:4 trunk.number: the calling code of NO is +47",
        "correct",
    ),
    # 20: text
    "new line": (
        '[agent]\nname = "a\\nb"',
        "E210 voicectl.toml:2 agent.name: control character U+000A at pos",
        "remove",
    ),
    "position": ('[agent]\nname = "ab\\u0007"', "E210 voicectl.toml:2 agent.name: control character U+0007 at", ""),
    "null": ('agent.greeting = "a\\u0000"', "E210 voicectl.toml:1 agent.greeting: control character U+0000", ""),
    "backwards": ('agent.name = "a\\u202eb"', "E210 voicectl.toml:1 agent.name: control character U+202E", ""),
    "line separator": ('agent.name = "a\\u2028b"', "E210 voicectl.toml:1 agent.name: control character U+2028", ""),
    "bell in prompt": ('agent.instructions = "a\\u0007"', "E210 voicectl.toml:1 agent.instructions: control", ""),
    "control in path": ('agent.script = "a\\u0007"', "E210 voicectl.toml:1 agent.script: control", ""),
    "control in person": ('[people.bob]\nsays = "\\r"', "E210 voicectl.toml:2 people.bob.says: control", ""),
    "empty name": ('agent.name = " "', "E223 voicectl.toml:1 agent.name: empty text (' ')", "word"),
    "long name": (f'agent.name = "{"a" * 81}"', "E223 voicectl.toml:1 agent.name: 81 characters", "at most 80"),
    "placeholder": ('agent.greeting = "{nmae}"', "E224 voicectl.toml:1 agent.greeting: unknown", "{name} and {bus"),
    # names and choices
    "extension": ('sip.extension = "1x"', "E225 voicectl.toml:1 sip.extension: not an extension", "two to ten"),
    "extension pattern": ('sip.extension = "_X."', "E225 voicectl.toml:1 sip.extension: not an ext", "two to ten"),
    "no extension": ('sip.extension = ""', "E225 voicectl.toml:1 sip.extension", "two to ten"),
    "username": ('sip.username = "203&PJSIP/x"', "E225 voicectl.toml:1 sip.username: not a usable name", "letters"),
    "look-up outside": (
        f'{LOOK_UP}http://example.com/x"',
        "E206 voicectl.toml:3 look_ups.xx.url: not on your",
        "private",
    ),
    "look-up at an address": (
        f'{LOOK_UP}http://8.8.8.8/x"',
        "E206 voicectl.toml:3 look_ups.xx.url: not on y",
        "private",
    ),
    "look-up by file": (f'{LOOK_UP}file:///etc/passwd"', "E206 voicectl.toml:3 look_ups.xx.url: not the URL", "http"),
    "look-up with a password": (f'{LOOK_UP}http://a:b@10.0.0.1/"', "E206 voicectl.toml:3 look_ups.xx.url", "http"),
    "look-up as a tool": (
        '[look_ups.transfer]\npurpose = "x"\nurl = "http://10.0.0.1/"',
        "E225 voicectl.toml:1 look_ups.transfer",
        "another name",
    ),
    "look-up without a purpose": ('[look_ups.xx]\nurl = "http://10.0.0.1/"', "E229 voicectl.toml:1", "purpose"),
    "key h": ('[people.h]\nsays = "x"\nextension = "201"', "E225 voicectl.toml:1 people.h", "2 to 32"),
    "key with dash": ('[people.a-b]\nsays = "x"', "E225 voicectl.toml:1 people.a-b", "underscores"),
    "no codec": ("sip.codecs = []", "E226 voicectl.toml:1 sip.codecs: empty list", "at least one"),
    "codec twice": ('sip.codecs = ["alaw", "alaw"]', "E226 voicectl.toml:1 sip.codecs: named twice", "once"),
    "codec": ('sip.codecs = ["ulow"]', "E228 voicectl.toml:1 sip.codecs: unknown choice", 'did you mean "ulaw"?'),
    "profile": ('agent.profile = "gpus"', "E228 voicectl.toml:1 agent.profile: unknown choice", 'did you mean "gpu"?'),
    "layout": ('deploy.layout = "x"', "E228 voicectl.toml:1 deploy.layout: unknown", "use one of: supervisor"),
    "level": ('log.level = "info"', "E228 voicectl.toml:1 log.level: unknown choice", "use one of: DEBUG, INFO"),
    "nameless person": (
        '[people.bob]\nextension = "201"',
        "E229 voicectl.toml:1 people.bob: says is missing",
        "says =",
    ),
    # folders
    "relative prefix": ('deploy.prefix = "opt"', "E227 voicectl.toml:1 deploy.prefix: not an absolute", "with /"),
    "empty prefix": ('deploy.prefix = ""', "E227 voicectl.toml:1 deploy.prefix: not an abs", "with /"),
    "prefix with space": ('deploy.prefix = "/opt/a b"', "E227 voicectl.toml:1 deploy.prefix: a path that", "letters"),
    "prefix with percent": ('deploy.prefix = "/opt/a%b"', "E227 voicectl.toml:1 deploy.prefix: a path", "letters"),
    "prefix with quote": ("deploy.prefix = '/opt/a\"b'", "E227 voicectl.toml:1 deploy.prefix: a path", "letters"),
    "prefix with dots": ('deploy.prefix = "/opt/x/../../etc"', "E227 voicectl.toml:1 deploy.prefix: a path", "no .."),
    "system folder": ('deploy.prefix = "/usr/"', "E227 voicectl.toml:1 deploy.prefix: a folder of the", "/opt/voi"),
    "kernel folder": ('deploy.prefix = "/dev/x/y"', "E227 voicectl.toml:1 deploy.prefix: a folder of the", "/opt/voi"),
    "shared folder": ('deploy.store = "/var/lib"', "E227 voicectl.toml:1 deploy.store: a folder of the", "/opt/voi"),
    "long prefix": (f'deploy.prefix = "{LONG}"', "E227 voicectl.toml:1 deploy.prefix: 80 char", "at most 79"),
    "relative models": ('deploy.models_folder = "m"', "E227 voicectl.toml:1 deploy.models_folder: not an", "with /"),
    # contradictions
    "two services": ("services.stt_port = 5002", "E230 voicectl.toml:1 services.tts_port: the port of ser", "own port"),
    "SIP and service": ("sip.port = 8000", "E230 voicectl.toml:1 services.stt_port: the port of sip.port", "own"),
    "silence": ("turns.silence_ms = 150", "E230 voicectl.toml:1 turns.silence_ms: less than", "seconds"),
    "long turn": ("calls.longest_s = 20", "E230 voicectl.toml:1 turns.longest_turn_s: more than", "less"),
    "embedded model": (
        'agent.profile = "embedded"\nagent.language_model = true',
        "E230 voicectl.toml:2 agent.language_model: the embedded profile has no language model",
        '"cpu"',
    ),
    "unreachable": (BOB, "E230 voicectl.toml:1 people.bob: neither extension nor number", "one of the two"),
    "twice reachable": (
        f'{TRUNK}{BOB}extension = "201"\nnumber = "+15551230100"',
        "E230 voicectl.toml:3 people.bob: both extension and number",
        "one of the two",
    ),
    "agent's extension": (BOB + 'extension = "100"', "E230 voicectl.toml:3 people.bob.extension: the ext", "own"),
    "same extension": (
        f'{BOB}extension = "201"\n[people.eve]\nsays = "Eve"\nextension = "201"',
        "E230 voicectl.toml:6 people.eve.extension: the extension of people.bob too",
        "own",
    ),
    "the phone's name": ('[people.phone]\nsays = "x"\nextension = "201"', "E230 voicectl.toml:1 people.phone", "name"),
    "transcripts": ("log.transcripts = true", "E230 voicectl.toml:1 log.transcripts: only DEBUG", "log.level"),
    "store above": ('deploy.store = "/opt/voicectl"', "E230 voicectl.toml:1 deploy.store: the prefix lies in", "below"),
}


@pytest.mark.parametrize("name", CASES)
def test_wrong_file_is_refused(name: str) -> None:
    """Each is refused for its own reason, in one printable line."""
    text, start, fix = CASES[name]

    with pytest.raises(ConfigError) as caught:
        parse_config(text)

    message = str(caught.value)
    assert message.startswith(start)
    assert fix in caught.value.fix
    assert message.isprintable()
    assert caught.value.exit_code == 3


@pytest.mark.parametrize(
    "number",
    ["+19005551234", "+881612345678", "+882121234567", "+870773111632", "+97912345678", "+4782012345", "+449098790000"],
)
def test_expensive_number_needs_a_word(number: str) -> None:
    """19: premium rate and satellites are refused unless the operator says that they are wanted."""
    person = f'{TRUNK}{BOB}number = "{number}"\n'

    with pytest.raises(ConfigError, match=r"^E209 voicectl.toml:5 people.bob.number: an expensive number"):
        parse_config(person)

    assert parse_config(f"{person}allow_premium = true").people[0].number == number


@pytest.mark.parametrize(
    "text", ["a;b", "[x]", "#exec /bin/sh", "${SHELL(id)}", "{{ cycler.__init__ }}", 'a"b', "ç€🙂"]
)
def test_odd_text_is_data(text: str) -> None:
    """20, 34: what a file format or a template would act on is kept as it is; the renderer escapes it."""
    config = parse_config(
        f"[agent]\nname = '{text}'\nbusiness = '{text}'\ngreeting = '{text}'\ninstructions = '{text}'"
    )

    assert (config.agent.name, config.agent.business, config.agent.first_words) == (text, text, text)


def test_wrong_value_is_cut_and_escaped() -> None:
    """A megabyte of hostile text does not reach the terminal."""
    with pytest.raises(ConfigError) as caught:
        parse_config(f'agent.profile = "\\u001b[2J{"x" * 100_000}"')

    assert len(str(caught.value)) < 200
    assert "\x1b" not in str(caught.value)
