"""Any machine at all, for the promises that must hold on every one."""

from hypothesis import strategies as st

from voicectl.config.load import parse_config
from voicectl.config.sections import Config
from voicectl.hardware.facts import Cpu, Facts, Gpu, GpuProcess, Gpus, Memory, MigInstance, Network, Route, Unknown

# JSON has no other numbers, and what is read of a file of facts refuses them.
st.register_type_strategy(float, st.floats(allow_nan=False, allow_infinity=False))
# Everything else may be any number and any text; a machine that asks has at least one core, and no memory below zero.
_any_cpu = st.builds(Cpu, cores=st.integers(1, 4096), steal_percent=st.floats(0, 100))
_addresses_v4 = st.lists(st.ip_addresses(v=4).map(str), max_size=3).map(tuple)
_addresses_v6 = st.lists(st.ip_addresses(v=6).map(str), max_size=3).map(tuple)
_routes = st.lists(st.builds(Route, network=st.ip_addresses(v=4).map(lambda one: f"{one}/32")), max_size=3).map(tuple)
_any_network = st.builds(Network, addresses=_addresses_v4, addresses_v6=_addresses_v6, routes=_routes)
_mib = st.integers(0, 2**30)
_any_memory = st.builds(Memory, total_mib=st.integers(1, 2**30), limit_mib=st.none() | _mib)
_processes = st.lists(st.builds(GpuProcess, used_mib=st.none() | _mib), max_size=2).map(tuple)
_instances = st.lists(st.builds(MigInstance, vram_mib=_mib, vram_used_mib=_mib), max_size=3).map(tuple)
_card = st.builds(
    Gpu, vram_mib=_mib, vram_used_mib=_mib, vram_reserved_mib=_mib, processes=_processes, instances=_instances
)
_any_gpus = st.builds(Gpus, cards=st.lists(_card, max_size=3).map(tuple))
any_facts: st.SearchStrategy[Facts] = st.builds(
    Facts,
    cpu=_any_cpu | st.builds(Unknown),
    memory=_any_memory | st.builds(Unknown),
    gpus=_any_gpus | st.builds(Unknown),
    network=_any_network | st.builds(Unknown),
)


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
