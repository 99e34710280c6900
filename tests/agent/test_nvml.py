"""nvidia-ml-py, unmodified, against the stand-in: units, faults, missing fields."""

from __future__ import annotations

import subprocess
import sys

import pytest

from agent.nvml import CardGone, DriverGone, Nvml
from tests.agent.conftest import ROOT
from tests.agent.fake import NO_PERMISSION, NOT_SUPPORTED, TIMEOUT, Fake, build


def read(gpu):
    return gpu.read(detail=True, slow=True)


@pytest.fixture
def opened():
    libraries = []

    def open_nvml():
        libraries.append(Nvml())
        return libraries[-1].open()

    yield open_nvml
    for library in libraries:
        library.close()


def test_every_unit_becomes_ours_at_once(cards, opened):
    fake = cards(watts=412.125)
    fake.set(0, fan=55, smoothing="1 1 180")
    (gpu,) = opened()

    before_s = fake.now_s()
    values = read(gpu)

    assert before_s <= values.pop("energy_j") / 412.125 <= fake.now_s() + 1e-5
    assert values.pop("power_average_w") == pytest.approx(412.125, rel=1)
    assert values == {
        "power_w": 412.125,
        "sm_clock_hz": 1.980e9,
        "memory_clock_hz": 2.619e9,
        "gpu_c": 45.0,
        "memory_c": 52.0,
        "utilisation_frac": 0.80,
        "memory_utilisation_frac": 0.40,
        "throttle_reasons": 4.0,
        "power_limit_w": 700.0,
        "fan_frac": 0.55,
        "smoothing_state": 3.0,
        "smoothing_floor_w": 180.0,
    }


def test_what_does_not_change_is_told_as_facts(cards, opened):
    cards()
    (gpu,) = opened()

    assert gpu.device.facts == {
        "driver": "999.01",
        "slowdown_c": 87.0,
        "shutdown_c": 92.0,
        "memory_max_c": 95.0,
        "default_limit_w": 700.0,
        "min_limit_w": 200.0,
        "max_limit_w": 700.0,
        "architecture": 9.0,
    }


def test_instant_and_average_are_kept_apart(cards, opened):
    fake = cards(watts=100.0)
    (gpu,) = opened()
    fake.profile(0, [(0.0, 100.0), (10.0, 500.0)])
    fake.epoch_s -= 10.5  # half a second after the step: the last second was half each
    fake.set(0)

    values = read(gpu)

    assert values["power_w"] == 500.0
    assert values["power_average_w"] == pytest.approx(300.0, abs=20)


def test_the_counter_agrees_with_power_integrated_by_hand(cards, opened):
    """200 W for 4 s, 600 W for 2 s, then again: 2,000 J each 6 s."""
    fake = cards()
    fake.profile(0, [(0.0, 200.0), (4.0, 600.0)], period_s=6.0)
    (gpu,) = opened()

    fake.epoch_s -= 15.0  # two periods and 3 s at 200 W: 4,600 J
    fake.set(0)
    before_s = fake.now_s()
    counter_j = read(gpu)["energy_j"]

    assert fake.energy_j(0, 15.0) == pytest.approx(4600.0)
    assert 4600.0 + 200.0 * (before_s - 15.0) <= counter_j
    assert counter_j <= 4600.0 + 200.0 * (fake.now_s() - 15.0) + 0.001


@pytest.mark.parametrize(
    ("function", "field"),
    [
        ("field.186", "power_w"),
        ("field.185", "power_average_w"),
        ("field.82", "memory_c"),
        ("nvmlDeviceGetTemperature", "gpu_c"),
        ("nvmlDeviceGetClockInfo", "sm_clock_hz"),
        ("nvmlDeviceGetUtilizationRates", "utilisation_frac"),
        ("nvmlDeviceGetCurrentClocksEventReasons", "throttle_reasons"),
        ("nvmlDeviceGetEnforcedPowerLimit", "power_limit_w"),
    ],
)
@pytest.mark.parametrize(
    ("code", "why"),
    [(NOT_SUPPORTED, "this card does not have it"), (NO_PERMISSION, "no permission")],
    ids=["not supported", "no permission"],
)
def test_a_missing_field_is_remembered_and_the_rest_is_read(
    cards, opened, function, field, code, why
):
    fake = cards()
    fake.fault(function, 0, code=code)
    (gpu,) = opened()

    values = read(gpu)

    assert gpu.missing[field] == why
    assert field not in values
    assert len(values) >= 8
    fake.heal()
    assert field not in read(gpu)  # not asked again before NVML is opened anew


def test_a_passing_fault_is_asked_again(cards, opened):
    fake = cards()
    (gpu,) = opened()
    fake.fault("nvmlDeviceGetTemperature", 0, code=TIMEOUT)
    assert "gpu_c" not in read(gpu)

    fake.heal()

    assert read(gpu)["gpu_c"] == 45.0
    assert gpu.failures == {"gpu_c": 1} | dict.fromkeys(gpu.missing, 1)


@pytest.mark.parametrize(
    ("arch", "field"),
    [
        pytest.param(6, "power_w", id="Turing gives an instant"),
        pytest.param(7, "power_average_w", id="Ampere gives an average"),
    ],
)
def test_an_old_driver_has_one_power_and_the_card_tells_which(
    cards, opened, arch, field
):
    fake = cards(watts=300.0)
    fake.set(0, arch=arch)
    fake.epoch_s -= 5.0
    fake.fault("field.185", 0, code=NOT_SUPPORTED)
    fake.fault("field.186", 0, code=NOT_SUPPORTED)
    fake.fault("field.83", 0, code=NOT_SUPPORTED)
    (gpu,) = opened()

    values = read(gpu)

    assert values[field] == 300.0
    assert {"power_w", "power_average_w"} & values.keys() == {field}
    assert values["energy_j"] == pytest.approx(300.0 * fake.now_s(), abs=5)


def test_a_floor_in_milliwatts_is_known_by_its_size(cards, opened):
    from agent.nvml import _smoothing

    for applied in (180.0, 180_000.0):
        values = {"smoothing_state": 1.0, "applied_floor": applied}
        _smoothing(values, {"max_limit_w": 1000.0})
        assert values == {"smoothing_state": 3.0, "smoothing_floor_w": 180.0}


def test_a_lost_card_and_a_stopped_driver_are_told_apart(cards, opened):
    fake = cards(gpus=2)
    first, second = opened()

    fake.set(1, lost=1)
    assert read(first)["power_w"] == 400.0
    with pytest.raises(CardGone, match="fallen off the bus"):
        read(second)

    fake.stop_driver()
    with pytest.raises(DriverGone, match="not loaded"):
        read(first)
    fake.restart_driver()
    with pytest.raises(DriverGone, match="restarted"):
        read(first)
    assert [gpu.key[-1] for gpu in opened()] == ["0"]


def test_mig_instances_name_their_gpu_and_have_no_power(cards, opened):
    fake = cards(gpus=2)
    fake.make_mig(1, "MIG-a", "MIG-b")
    whole, split = opened()

    parts = split.mig_devices()

    assert whole.mig_devices() == []
    assert [(p.key, p.kind, p.parent) for p in parts] == [
        ("MIG-a", "mig", split.key),
        ("MIG-b", "mig", split.key),
    ]
    assert read(split)["power_w"] == 400.0


OLD_DRIVER = """
from agent.nvml import Nvml
(gpu,) = Nvml().open()
values = gpu.read(detail=True, slow=True)
print(sorted(values), gpu.missing["memory_c"], gpu.samples(0))
"""


def test_symbols_an_old_driver_lacks_are_missing_fields(tmp_path, library):
    old = build(
        tmp_path / "old",
        without=[
            "nvmlDeviceGetFieldValues",
            "nvmlDeviceGetSamples",
            "nvmlDeviceGetCurrentClocksEventReasons",
            "nvmlDeviceGetArchitecture",
        ],
    )

    done = subprocess.run(
        [sys.executable, "-c", OLD_DRIVER], env=Fake(tmp_path / "c").env(old), cwd=ROOT,
        capture_output=True, text=True,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    assert "'energy_j'" in done.stdout
    assert "'power_average_w'" in done.stdout
    assert "throttle_reasons" not in done.stdout
    assert "this driver does not have it []" in done.stdout
