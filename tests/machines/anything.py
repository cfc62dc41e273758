"""Any machine at all, for the promises that must hold on every one."""

from hypothesis import strategies as st

from voicectl.config.load import parse_config
from voicectl.config.sections import Config
from voicectl.hardware.facts import Cpu, Facts, Unknown

# Everything else may be any number and any text; a machine that asks has at least one core.
_any_cpu = st.builds(Cpu, cores=st.integers(1, 4096), steal_percent=st.floats(0, 100))
any_facts: st.SearchStrategy[Facts] = st.builds(Facts, cpu=_any_cpu | st.builds(Unknown))


@st.composite
def any_wishes(draw: st.DrawFn) -> Config:
    """A valid configuration, of the options that plan and doctor read."""
    profile = draw(st.sampled_from(("auto", "embedded", "cpu", "gpu")))
    speaks = "false" if profile == "embedded" else draw(st.sampled_from(("true", "false")))
    calls = draw(st.integers(1, 500))
    address = draw(st.sampled_from(("127.0.0.1", "0.0.0.0", "192.0.2.10")))
    return parse_config(
        f'agent.profile = "{profile}"\nagent.language_model = {speaks}\ncalls.most = {calls}\n'
        f'sip.address = "{address}"\nsip.rtp_first = 20000\nsip.rtp_last = 29999\n'
    )
