"""Foreign series: which host, device and field they speak of."""

from __future__ import annotations

import pytest

from twin.telemetry.fields import BY_NAME
from twin.telemetry.names import NAMES, Ignored, place

GPU = {
    "Hostname": "node017", "UUID": "GPU-8f6c", "gpu": "3", "device": "nvidia3",
    "modelName": "NVIDIA H100 80GB HBM3", "instance": "10.0.0.17:9400",
    "pod": "train-0",
}  # fmt: skip


def test_a_dcgm_series_names_host_gpu_and_field():
    found = place("DCGM_FI_DEV_POWER_USAGE", GPU)

    assert (found.source, found.field, found.factor) == (
        "node017", "power_average_w", 1.0,
    )  # fmt: skip
    device = found.device
    assert (device.key, device.kind, device.index) == ("GPU-8f6c", "gpu", 3)
    assert device.model == "NVIDIA H100 80GB HBM3"
    assert device.facts == {"pod": "train-0"}


@pytest.mark.parametrize(
    ("name", "theirs", "field", "ours"),
    [
        ("DCGM_FI_DEV_POWER_USAGE_INSTANT", 431.7, "power_w", 431.7),
        ("DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION", 15_422_938, "energy_j", 15_422.938),
        ("DCGM_FI_DEV_SM_CLOCK", 1980, "sm_clock_hz", 1.98e9),
        ("DCGM_FI_DEV_MEM_CLOCK", 2619, "memory_clock_hz", 2.619e9),
        ("DCGM_FI_DEV_GPU_UTIL", 91, "utilisation_frac", 0.91),
        ("DCGM_FI_DEV_FAN_SPEED", 35, "fan_frac", 0.35),
    ],
)  # fmt: skip
def test_units_of_dcgm_become_ours(name, theirs, field, ours):
    found = place(name, GPU)

    assert found.field == field
    assert theirs * found.factor == pytest.approx(ours, rel=1e-12)


@pytest.mark.parametrize("field", ["power_w", "energy_j", "gpu_c", "sm_clock_hz"])
def test_what_a_mig_row_tells_of_the_board_is_the_gpus(field):
    name = BY_NAME[field].dcgm[0][0]
    mig = {**GPU, "GPU_I_ID": "3", "GPU_I_PROFILE": "2g.20gb"}

    found = place(name, mig)

    assert (found.device.key, found.device.kind) == ("GPU-8f6c", "gpu")
    assert found.rank > place(name, GPU).rank


def test_utilisation_of_a_mig_row_is_of_an_instance_with_its_gpu_as_parent():
    mig = {**GPU, "GPU_I_ID": "3", "GPU_I_PROFILE": "2g.20gb"}

    found = place("DCGM_FI_PROF_GR_ENGINE_ACTIVE", mig)

    assert (found.device.key, found.device.kind) == ("GPU-8f6c/3", "mig")
    assert (found.device.parent, found.device.model) == ("GPU-8f6c", "2g.20gb")
    assert found.factor == 1.0  # a ratio already


@pytest.mark.parametrize(
    ("labels", "source"),
    [
        pytest.param({"instance": "10.0.0.17:9400"}, "10.0.0.17", id="without port"),
        pytest.param({"instance": "node017"}, "node017", id="relabelled"),
        pytest.param({"instance": "[fe80::1]:9100"}, "fe80::1", id="IPv6"),
        pytest.param({"host.name": "node018"}, "node018", id="OpenTelemetry"),
        pytest.param({"Hostname": "a", "instance": "b:1"}, "a", id="Hostname first"),
    ],
)
def test_the_host_is_what_the_labels_say_best(labels, source):
    found = place("DCGM_FI_DEV_GPU_TEMP", {"UUID": "GPU-1", **labels})

    assert found.source == source


@pytest.mark.parametrize(
    ("name", "labels", "key", "kind", "field"),
    [
        ("ipmi_dcmi_power_consumption_watts", {}, "host", "host", "power_w"),
        ("idrac_power_control_consumed_watts", {"id": "0"}, "host", "host", "power_w"),
        ("idrac_power_supply_input_watts", {"id": "1"}, "psu1", "psu", "power_w"),
        ("node_rapl_package_joules_total", {"index": "1", "path": "/x/intel-rapl:1"},
         "cpu1", "cpu", "energy_j"),
        ("ipmi_temperature_celsius", {"name": "Inlet Temp"}, "host", "host", "inlet_c"),
        ("nameplate_agent_power_watts", {"device": "host", "kind": "host"}, "host",
         "host", "power_w"),
        ("hw.host.power", {}, "host", "host", "power_w"),
        ("hw.power", {"hw.type": "gpu", "hw.id": "GPU-1"}, "GPU-1", "gpu", "power_w"),
        ("hw_energy_joules_total", {"hw_type": "cpu", "hw_id": "0"}, "0", "cpu",
         "energy_j"),
        ("hw.gpu.utilization", {"hw.id": "GPU-1"}, "GPU-1", "gpu", "utilisation_frac"),
    ],
)  # fmt: skip
def test_exporters_of_hosts_and_opentelemetry_are_understood(
    name, labels, key, kind, field
):
    found = place(name, {"instance": "n1", **labels})

    assert (found.device.key, found.device.kind, found.field) == (key, kind, field)


@pytest.mark.parametrize(
    ("name", "labels", "reason"),
    [
        ("node_load1", GPU, "unknown name"),
        ("DCGM_FI_DEV_GPU_TEMP", {"UUID": "GPU-1"}, "no usable host name"),
        ("DCGM_FI_DEV_GPU_TEMP", {"instance": "a"}, "UUID"),
        ("DCGM_FI_DEV_GPU_TEMP", {**GPU, "Hostname": "../../etc/passwd"}, "host name"),
        ("DCGM_FI_DEV_GPU_TEMP", {**GPU, "UUID": "x" * 500}, "UUID"),
        ("idrac_power_control_consumed_watts", {"instance": "a", "id": "1"}, "id"),
        ("node_rapl_package_joules_total",
         {"instance": "a", "index": "0", "path": "/x/intel-rapl-mmio:0"}, "label path"),
        ("ipmi_temperature_celsius", {"instance": "a", "name": "CPU1"}, "label name"),
        ("hw.power", {"host.name": "a", "hw.type": "fan", "hw.id": "1"}, "hw.type"),
        ("hw.gpu.utilization",
         {"host.name": "a", "hw.id": "1", "hw.gpu.task": "encoder"}, "task"),
        ("hw.gpu.memory.utilization", {"host.name": "a", "hw.id": "1"}, "unknown name"),
    ],
)  # fmt: skip
def test_what_cannot_be_placed_is_ignored_and_says_why(name, labels, reason):
    found = place(name, labels)

    assert isinstance(found, Ignored)
    assert reason in found.reason


def test_every_name_of_the_table_is_understood_once_labelled():
    labels = {
        "instance": "n1", "UUID": "GPU-1", "hw.id": "1", "hw.type": "gpu", "id": "0",
        "name": "Inlet", "sensor": "inlet", "index": "0", "power_supply_id": "0",
        "device": "host", "kind": "host",
    }  # fmt: skip

    ignored = [name for name in NAMES if isinstance(place(name, labels), Ignored)]

    assert len(NAMES) > 30
    assert ignored == []
